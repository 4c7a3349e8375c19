r"""Markup to plain text: HTML, Markdown and LaTeX as one line of signs that a reader can scan.

Everything is kept that stands for a number, a unit or a sign; what only sets the type goes. The
result is for reading answers, not for training: `mathpal.maths.text.clean` is for that.
"""

from __future__ import annotations

import html
import re
import unicodedata

CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\ufe0f", None),
        **dict.fromkeys("–—−‒‑﹣－", "-"),
        **dict.fromkeys("∕⁄／", "/"),
        **dict.fromkeys("⨯✕✖╳", "×"),
        **dict.fromkeys("∶：", ":"),
        **dict.fromkeys("∙⋅•‧", "·"),
        **dict.fromkeys("＝", "="),
        **dict.fromkeys("，", ","),
        "⩽": "≤",
        "⩾": "≥",
        "²": "^2",
        "³": "^3",
        **{"⁰¹⁴⁵⁶⁷⁸⁹"[i]: f"^{n}" for i, n in enumerate("01456789")},
        "\r": "\n",
        "÷": ":",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "⅕": " 1/5",
        "⅛": " 1/8",
        "º": "°",
        "˚": "°",
        "ð": "đ",
        "Ð": "Đ",
        **{chr(0xFF10 + i): str(i) for i in range(10)},
    }
)
BREAK = re.compile(r"<\s*(?:br|/?p|/?div|/?li|/?tr|/?ul|/?table|/?h\d)\b[^<>]*>", re.IGNORECASE)
SUPERSCRIPT = re.compile(r"\s*<sup[^<>]*>\s*([^<>]*?)\s*</sup>", re.IGNORECASE)
TAG = re.compile(
    r"</?(?:strong|em|b|i|u|span|sub|sup|td|th|tbody|thead|font|a|img|center|code|small|big|ol"
    r"|math|m[a-z]+|blockquote|pre)\b[^<>]*>",
    re.IGNORECASE,
)
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
EMPHASIS = re.compile(
    r"\*\*|__|`|^\s*#{1,6}\s|(?<![\w*])\*(?=[^\s*\d][^*\n]*\*)|(?<=[^\s*\d])\*(?![\w*])", re.M
)
TABLE_ROW = re.compile(r"^[ ]*\|([^\n]*\|[^\n]*?)\|[ ]*$", re.MULTILINE)
DOUBLE_BRACES = re.compile(r"\{\s*\{([^{}]*)\}\s*\}")
WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|operatorname|overline|widehat|hat|vec|bar"
    r"|underline|mbox|emph|cancel|bold|boldsymbol|mathop|rm|bf)\s*\{([^{}]*)\}"
)
BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{([^{}]*)\}")
FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
OVER = re.compile(r"\{([^{}]*?)\s*\\over\b\s*([^{}]*)\}")
ROOT = re.compile(r"\\sqrt\s*(?:\[\s*(\d)\s*\])?\s*(?:\{([^{}]*)\}|(\d))")
POWER = re.compile(r"\^\s*\{\s*([^{}]*?)\s*\}")
SUBSCRIPT = re.compile(r"_\s*\{\s*([^{}]*?)\s*\}")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[lcr|]*\})?")
SIGNS = {
    "times": "×",
    "cdot": "·",
    "div": ":",
    "le": "≤",
    "leq": "≤",
    "leqslant": "≤",
    "lt": "<",
    "ge": "≥",
    "geq": "≥",
    "geqslant": "≥",
    "gt": ">",
    "ne": "≠",
    "neq": "≠",
    "in": "∈",
    "notin": "∉",
    "approx": "≈",
    "pm": "±",
    "pi": "π",
    "Delta": "Δ",
    "Rightarrow": "⇒",
    "implies": "⇒",
    "Leftrightarrow": "⇔",
    "to": "→",
    "rightarrow": "→",
    "circ": "°",
    "degree": "°",
    "infty": "∞",
    "emptyset": "∅",
    "varnothing": "∅",
    "ldots": "…",
    "dots": "…",
    "cdots": "…",
    "cup": "∪",
    "mid": "|",
    "vdots": "⋮",
    "sqrt": "√",
}
ANGLE = re.compile(r"góc|hat|angle|°|sin|cos|tan", re.IGNORECASE)
RAISED_O = re.compile(r"(?<=\d)\^\{?[oO]\}?(?![^\W_])")
RAISED_ZERO = re.compile(r"(?<=\d)\^\{?0\}?(?![^\W_])")
DEGREES = re.compile(r"\^\s*(?:\{\s*\\circ\s*\}|\\circ)|\\degree")
COMMAND = re.compile(r"\\([A-Za-z]+)(?![A-Za-z]) ?")
WEEKDAYS = ("", "", "hai", "ba", "tư", "năm", "sáu", "bảy")
WEEKDAY = re.compile(r"([Tt]hứ) ([2-7])(?![\d,.]*\d)")
CENTURY = re.compile(r"([Tt]hế k[ỉỷ]) (?:thứ )?([IVXL]+)(?![^\W_])")
PI = re.compile(r"(?<=\d) ?pi(?![^\W_])")
NEGATIVE = re.compile(r"(?<![^\W_])[âÂ]m (?=[\d(√])")
LINES = re.compile(r"\n[ \n]*\n")
LONG = 2_000
DIGIT_RUN = re.compile(r"\d{60,}")
SPACES = re.compile(r"[ \f\v]+")
SIMPLE = re.compile(r"\s*[\w.,]+\s*")
OPEN_SET, CLOSE_SET, OPEN_BOX, CLOSE_BOX = "⦃", "⦄", "⟦", "⟧"
MAX_NESTING = 12


def plain(text: str) -> str:
    r"""Return text without markup, in NFC; `\boxed{...}` becomes ⟦...⟧ and `\{...\}` ⦃...⦄.

    >>> plain(r"$2\frac{{4}}{{9}}$ m<sup>3</sup>&nbsp;và \(3{,}5\times\sqrt{2}\)")
    '2 4/9 m^3 và 3,5×√(2) '
    """
    text = unicodedata.normalize("NFC", text)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = SUPERSCRIPT.sub(r"^\1", text)
        text = TAG.sub("", BREAK.sub("\n", text))
    text = text.translate(CHARACTERS)
    if "^" in text:
        text = RAISED_O.sub("°", text)
        text = RAISED_ZERO.sub("°", text) if ANGLE.search(text) else text
    if "![" in text:
        text = IMAGE.sub(" ", text)
    if "|" in text:
        text = TABLE_ROW.sub(_row, text)
    if "*" in text or "_" in text or "`" in text or "#" in text:
        text = EMPHASIS.sub("", text)
    if "\\" in text or "{" in text:
        text = _without_latex(text)
    text = LINES.sub("\n", SPACES.sub(" ", text.replace("$", "")))
    if len(text) > LONG:
        text = DIGIT_RUN.sub("…", text)
    text = PI.sub("π", text) if "pi" in text else text
    if "hứ " in text:
        text = WEEKDAY.sub(lambda m: f"{m[1]} {WEEKDAYS[int(m[2])]}", text)
    if "hế k" in text:
        text = CENTURY.sub(lambda m: f"{m[1]} {_roman(m[2])}", text)
    return NEGATIVE.sub("-", text) if "âm " in text or "Âm " in text else text


def _row(match: re.Match[str]) -> str:
    """Write a row of a table as `first: second; third`; a row of dashes goes."""
    cells = [cell.strip() for cell in match[1].split("|")]
    if not any(re.search(r"\w", cell) for cell in cells):
        return ""
    return f"{cells[0]}: {'; '.join(cells[1:])}" if cells[1:] else cells[0]


def _roman(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[sign] for sign in numeral]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _without_latex(text: str) -> str:
    text = text.replace("\\{", OPEN_SET).replace("\\}", CLOSE_SET).replace("{,}", ",")
    text = text.replace("\\left", "").replace("\\right)", ")").replace("\\right]", "]")
    text = re.sub(r"\\right(?!arrow)", "", text)
    text = re.sub(r"\\\\(?:\[[^\]]*\])?", "\n", text)
    text = re.sub(r"\\[,;:! ]|~|\\q?quad\b|\\displaystyle|\\limits|\\[()\[\]]", " ", text)
    text = text.replace("\\%", "%").replace("\\$", "$").replace("\\_", "_").replace("\\&", "&")
    text = ENVIRONMENT.sub("", text)
    text = DEGREES.sub("°", text)
    text = COMMAND.sub(lambda m: m[0] if m[1] == "sqrt" else SIGNS.get(m[1], m[0]), text)
    for _ in range(MAX_NESTING):
        before = text
        text = DOUBLE_BRACES.sub(r"{\1}", text)
        text = WRAPPER.sub(r"\1", text)
        text = SUBSCRIPT.sub(r"_\1", text)
        text = OVER.sub(r"\\frac{\1}{\2}", text)
        text = FRACTION.sub(_fraction, text)
        text = ROOT.sub(_root, text)
        text = POWER.sub(_power, text)
        text = BOXED.sub(rf"{OPEN_BOX}\1{CLOSE_BOX}", text)
        if text == before:
            break
    text = COMMAND.sub(lambda m: SIGNS.get(m[1], " "), text)
    return text.replace("{", "").replace("}", "").replace("\\", " ")


def _fraction(match: re.Match[str]) -> str:
    over, under = (match[1] or match[2] or "").strip(), (match[3] or match[4] or "").strip()
    parts = [p if SIMPLE.fullmatch(p) else f"({p})" for p in (over, under)]
    gap = " " if match.string[match.start() - 1 : match.start()].isdigit() else ""
    text = f"{parts[0]}/{parts[1]}"
    return f"{gap}{text}" if gap or "(" not in text else f"({text})"


def _root(match: re.Match[str]) -> str:
    sign = {"3": "∛", None: "√", "2": "√"}.get(match[1], f"root{match[1]}")
    return f"{sign}({match[2] or match[3]})"


def _power(match: re.Match[str]) -> str:
    inside = match[1]
    return f"^{inside}" if SIMPLE.fullmatch(inside) else f"^({inside})"
