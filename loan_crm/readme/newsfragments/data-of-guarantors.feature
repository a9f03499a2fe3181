*What you allow us* on the portal is there for guarantors, co-borrowers and applicants as well: it says in plain words what is done with what the lender knows of them,
lets them decide about surveys, names what would need their yes and is therefore left, and leads to a person. Where surveys rest on consent, who has no
profile is asked by none. A purpose of personal data needs no code any more: it gets one from its name.
