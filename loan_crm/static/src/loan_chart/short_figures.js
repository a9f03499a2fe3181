import { getCurrency } from "@web/core/currency";
import { user } from "@web/core/user";
import { formatFloat, formatMonetary } from "@web/views/fields/formatters";

// As core/short_figures.py has them, which is held to the same table of cases.
const CHINESE = [[0, ""], [4, "万"], [8, "亿"], [12, "万亿"]];
const ENGLISH = [[0, ""], [3, "k"], [6, "M"], [9, "bn"], [12, "tn"]];

function isChinese(language) {
    return (language || "").toLowerCase().startsWith("zh");
}

/**
 * A figure in short, in the steps in which a language counts: "1.2万" in Chinese, "12.3k" in English.
 *
 * @param {number} value
 * @param {string} [language] its code
 * @param {number} [digits] how many after the point at most
 */
export function shortFigure(value, language = user.lang, digits = 1) {
    const steps = isChinese(language) ? CHINESE : ENGLISH;
    const size = Math.abs(value);
    // What is a half in decimals may be a little less as a float.
    const rounded = (power) => Math.round((size / 10 ** power) * 10 ** digits + 1e-6) / 10 ** digits;
    const place = steps.findIndex(([power], at) => !steps[at + 1] || rounded(power) < 10 ** (steps[at + 1][0] - power));
    const [power, sign] = steps[place];
    const told = rounded(power);
    const decimals = Array.from({ length: digits }, (_, n) => n).find((n) => Number.isInteger(+(told * 10 ** n).toFixed(6)));
    const figure = formatFloat(told, { digits: [16, decimals ?? digits] });
    return `${value < 0 && told ? "-" : ""}${figure}${sign}`;
}

/**
 * An amount as short as an axis needs it: "$ 500", "$ 1k", "$ 1.5k"; in Chinese "¥500", "¥1万", "¥1.2亿".
 *
 * @param {number} value
 * @param {number} [currencyId]
 * @param {string} [language]
 */
export function formatShortAmount(value, currencyId, language = user.lang) {
    const chinese = isChinese(language);
    const currency = getCurrency(currencyId);
    if (!currency || Math.abs(value) < (chinese ? 10000 : 1000)) {
        const told = formatMonetary(value, { currencyId, digits: Number.isInteger(value) ? [16, 0] : undefined });
        return chinese ? told.replace(/^(\D+)\u00a0/, "$1") : told;
    }
    const figure = shortFigure(value, language, 2);
    if (currency.position === "after") {
        return `${figure}\u00a0${currency.symbol}`;
    }
    return `${currency.symbol}${chinese ? "" : "\u00a0"}${figure}`;
}
