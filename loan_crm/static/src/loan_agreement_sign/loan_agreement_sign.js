import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { NameAndSignature } from "@web/core/signature/name_and_signature";

/**
 * The field in which a borrower signs: drawn, written in their name, or loaded. It stands in an ordinary form, whose
 * own field of the name it follows, and puts the picture into it when the form is sent.
 */
export class LoanAgreementSign extends Component {
    static template = "loan_crm.LoanAgreementSign";
    static components = { NameAndSignature };
    static props = { name: String, picture: String };

    setup() {
        this.root = useRef("root");
        this.picture = useRef("picture");
        this.mode = "draw";
        this.signature = useState({
            name: this.props.name,
            isSignatureEmpty: true,
            signatureImage: this.props.picture,
            getSignatureImage: () => "",
            resetSignature: () => {},
        });
        const send = () => {
            this.picture.el.value = this.signature.isSignatureEmpty ? "" : this.signature.getSignatureImage();
        };
        const rename = (event) => {
            this.signature.name = event.target.value;
            if (this.mode === "auto") {
                this.signature.resetSignature();
            }
        };
        let form, name;
        onMounted(() => {
            form = this.root.el.closest("form");
            name = form.querySelector("[name=signer]");
            form.addEventListener("submit", send);
            name.addEventListener("input", rename);
        });
        onWillUnmount(() => {
            form.removeEventListener("submit", send);
            name.removeEventListener("input", rename);
        });
    }

    onSignatureChange(mode) {
        this.mode = mode;
    }
}

registry.category("public_components").add("loan_crm.agreement_sign", LoanAgreementSign);
