r"""Clean Vietnamese maths text: one spelling for each thing, and nothing lost that means anything.

No number, unit, operator or order changes; what cannot be told for certain stays as it is.

Tone marks stand on the first vowel of oa, oe and uy (`hòa`, `thủy`), the older rule of keyboards
and newspapers: of the words on which the rules differ, the 1,010 exam rows spell 87 so and 9 as
the newer school books do (`hoà`). Words that end in a consonant (`hoàn`) are the same in both.

Powers of units become `cm²`, where no reader takes the 2 for a number; other powers and indices in
HTML become LaTeX's (`x^2`, `S_{ABC}`). Commands with a meaning (`\frac`, `\overline`) stay.
"""

import html
import html.entities
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from unicodedata import normalize

CHANGES: dict[str, str] = {
    "escape": r"a command that lost or doubled its backslash: tab + imes -> \times",
    "invisible": "zero-width characters, control characters, soft hyphens -> nothing",
    "line_end": "line ends of Windows, old Macs and page breaks -> newline",
    "space": "no-break, thin and other spaces, tabs -> space",
    "html_entity": "&nbsp; &lt; &#8722; -> the character",
    "look_alike": "Cyrillic and Greek letters in Latin words, full-width and styled characters",
    "html_tag": "<br>, <strong>, <td> -> text; <sup>2</sup> -> ^2; <sub>AB</sub> -> _{AB}",
    "image": "![](address) and <img> -> [hình]",
    "markdown": "**bold**, *italics*, # headings -> text",
    "math_delimiter": r"\(x\), \[x\], $$x$$ -> $x$; S$_{AB}$ -> S_{AB}",
    "latex_layout": r"\left, \right, \displaystyle, \, \quad, blanks at braces -> removed",
    "latex_spelling": r"\dfrac -> \frac, \le -> \leq, \frac34 -> \frac{3}{4}",
    "latex_text": r"\text{cm}, \mathrm{cm} -> cm",
    "latex_braces": r"\frac{{7}}{{11}} -> \frac{7}{11}",
    "operator": "the minus, times, division and ratio signs of other codes -> - × / :",
    "unit_power": "cm^2, cm$^2$, cm2 -> cm²",
    "unicode_nfc": "letters of several code points -> one code point",
    "tone_mark": "hoà -> hòa, thuỷ -> thủy, khoẻ -> khỏe",
    "spacing": "runs of blanks and of empty lines, blanks at the ends of lines",
}


@dataclass(frozen=True)
class Cleaned:
    """Hold a clean text, and how often each change of `CHANGES` was made; empty if none was."""

    text: str
    changes: dict[str, int]


def clean(text: str) -> Cleaned:
    r"""Clean a text; a clean text comes back as it is.

    >>> clean("Diện tích&nbsp;là $\\dfrac{{3}}{{4}}$ &times; 8 = 6 (cm<sup>2</sup>)").text
    'Diện tích là $\\frac{3}{4}$ × 8 = 6 (cm²)'
    >>> clean("<strong>Hoà</strong> có 2 < x và S<sub>ABC</sub> = 5 − 3").text
    'Hòa có 2 < x và S_{ABC} = 5 - 3'
    >>> clean("Hình bên:<br>![](https://a.vn/19_1.png)")
    Cleaned(text='Hình bên:\n[hình]', changes={'html_tag': 1, 'image': 1})
    """
    changes: dict[str, int] = {}
    before = None
    while text != before:  # each change takes a mark away, so that this ends
        before = text
        if UNUSUAL.search(text):
            text = _apply(UNUSUAL_RULES, text, changes)
        for sign, rules in RULES:
            if sign in text:
                text = _apply(rules, text, changes)
        if text != text.strip(" \n"):
            text = _apply(END_RULES, text, changes)
    return Cleaned(text, changes)


Replace = Callable[[re.Match[str]], str]


class Rule(NamedTuple):
    """Replace what matches, in a text that has the sign; `name` is a key of `CHANGES`."""

    name: str
    sign: str
    pattern: re.Pattern[str]
    new: str | Replace


def _apply(rules: tuple[Rule, ...], text: str, changes: dict[str, int]) -> str:
    for name, sign, pattern, new in rules:
        if sign in text:
            if isinstance(new, str):
                text, count = pattern.subn(new, text)
            elif pattern.search(text):
                text, count = _decide(pattern, new, text)
            else:
                continue
            if count:
                changes[name] = changes.get(name, 0) + count
    return text


def _decide(pattern: re.Pattern[str], new: Replace, text: str) -> tuple[str, int]:
    """Replace as `subn` does, but count only the matches that became something else."""
    count = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        after = new(match)
        count += after != match[0]
        return after

    return pattern.sub(replace, text), count


def _neighbours(match: re.Match[str]) -> tuple[str, str]:
    """Return the characters before and after a match, "" at an end of the text."""
    start, end = match.span()
    return match.string[start - 1 : start], match.string[end : end + 1]


LETTERS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
UNUSUAL = re.compile(rf"[^\n -~{LETTERS}{LETTERS.upper()}×÷²³°…“”‘’≤≥≠⇒→·–—]")

LOST = {"\t": "imes|ext|riangle|frac", "\f": "rac", "\b": "ar|eta|egin|oxed"}
LOST |= {"\a": "pprox|ngle|lpha", "\v": "dots|ec", "\r": "ight|ightarrow"}
LOST_COMMAND = "|".join(f"{control}(?=(?:{rest})(?![a-z]))" for control, rest in LOST.items())
LETTER_OF = {sign: "\\" + letter for sign, letter in zip("\t\f\b\a\v\r", "tfbavr", strict=True)}
OPERATORS = dict(zip("−‑‐‒﹣➖∕⁄⧸⨯✕✖╳⨉∶꞉⋅∙⩽≦⩾≧∗➕➗∆", "------///×××××::··≤≤≥≥*+÷Δ", strict=True))
UNITS = "mg kg ml dl mm cm km mm² cm² m² km² mm³ cm³ m³ km³ °C"  # NFKC would make m2 of ㎡
LOOK_ALIKES = dict(zip("㎎㎏㎖㎗㎜㎝㎞㎟㎠㎡㎢㎣㎤㎥㎦℃", UNITS.split(), strict=True))
LOOK_ALIKES |= {chr(c): bytes([c]).decode("cp1252", "ignore") for c in range(0x80, 0xA0)}
LOOKS = "АВЕЅІЈКМНОРСТХУаеѕіјорсхуԁһΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
TWINS = dict(zip(LOOKS, "ABESIJKMHOPCTXYaesijopcxydhABEZHIKMNOPTYXo", strict=True))
NO_TWIN = re.compile(rf"(?![{LOOKS}])[\u0400-\u052f]")


def _table(table: dict[str, str]) -> Replace:
    return lambda match: table[match[0]]


def _normal(form: Literal["NFC", "NFKC"]) -> Replace:
    return lambda match: normalize(form, match[0])


def _latin(match: re.Match[str]) -> str:
    """Write a word in Latin letters if it has some, or if it looks like the name of a point."""
    word = match[0]
    if NO_TWIN.search(word):
        return word
    if not re.search(r"[A-Za-zÀ-ɏḀ-ỿ]", word):
        name = word[0] >= "\u0400" and (len(word) == 1 or word.isupper())
        if not name or NO_TWIN.search(match.string):
            return word
    return "".join(TWINS.get(letter, letter) for letter in word)


def _character(match: re.Match[str]) -> str:
    """Return the character of an entity; a `<` from one never opens a tag."""
    name = (match[1] or match[2]) + ";"
    if name[0] != "#" and name not in html.entities.html5:
        return match[0]
    character = html.unescape(f"&{name}")
    after = _neighbours(match)[1]
    return "< " if character == "<" and (after.isalpha() or after in ("/", "!", "&")) else character


ATTRIBUTES = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[\w.%#:;/-]+))*\s*/?>"""
PLAIN_TAGS = "strong|em|b|i|a|span|font|small|big|mark|ins|label|tt|code|o:p|table|thead|tbody"
PLAIN_NAMES = frozenset(PLAIN_TAGS.split("|"))
LINE_TAGS = "br|hr|p|div|ul|ol|h[1-6]|section|article|figure|figcaption|blockquote|caption|li|tr"
SAFE_TAGS = "su[bp]|br|strong|em|span|div|table|t[rdh]|li|[uo]l"
EMPHASIS_MATTERS = re.compile(r"(?:chữ|số|từ) (?:được )?(?:in|tô) (?:đậm|nghiêng)", re.IGNORECASE)


def _tag(match: re.Match[str]) -> str:
    """Drop a tag; `<b>` in `a<b>c` is one only where a `</b>` stands, too."""
    opening, name = not match[1], match[2].lower()
    if opening and len(name) == 1 and f"</{match[2]}" not in match.string:
        return match[0]
    if name in ("strong", "em", "b", "i") and EMPHASIS_MATTERS.search(match.string):
        return match[0]
    return "" if name in PLAIN_NAMES else "\n"


def _emphasis(match: re.Match[str]) -> str:
    return match[0] if EMPHASIS_MATTERS.search(match.string) else match[1]


def _script(mark: str, body: str, match: re.Match[str]) -> str:
    """Write a power or an index; braces keep a letter that follows out of it."""
    inner = body.strip()
    if not inner:
        return body
    space = " " if body[-1].isspace() else ""
    joined = _neighbours(match)[1].isalnum() and not space
    bare = len(inner) == 1 and inner.isalnum() and not joined
    return mark + (inner if bare else f"{{{inner}}}") + space


def _html_script(match: re.Match[str]) -> str:
    degrees = _neighbours(match)[0].isdigit() and match[2].strip() in ("o", "º", "°")
    return "°" if degrees else _script("^" if match[1] in "pP" else "_", match[2], match)


def _dollar_script(match: re.Match[str]) -> str:
    return _script(match[1], match[2] or match[3] or "", match)


def _picture(match: re.Match[str]) -> str:
    alt = match[match.lastindex].strip() if match.lastindex else ""
    return f"[hình: {alt}]" if alt else "[hình]"


def _dollars(match: re.Match[str]) -> str:
    """Put dollars round a formula, a blank away from others: `$$` opens a display."""
    before, after = _neighbours(match)
    left, right = (" " if sign in ("$", "\\", ")", "]") else "" for sign in (before, after))
    return f"{left}${match[1].strip()}${right}"


def _trim(match: re.Match[str]) -> str:
    """Move the blanks at the ends of a formula out of its dollars."""
    inner = match[1].strip(" ")
    if inner == match[1] or "\\" not in inner:
        return match[0]
    before, after = _neighbours(match)
    if before.isdigit() and match[1][0] == " ":  # 5$ is money
        return match[0]
    left = " " if match[1][0] == " " and before and before not in " \n(" else ""
    right = " " if match[1][-1] == " " and after and after not in " \n,.;:)" else ""
    return f"{left}${inner}${right}"


VARIANTS = r"\dfrac \tfrac \cfrac \dots \cdots \le \leqslant \ge \geqslant \ne \implies \lt \gt"
STANDARD = r"\frac \frac \frac \ldots \ldots \leq \leq \geq \geq \neq \Rightarrow < >"
SPELLINGS = dict(zip(VARIANTS.split(), STANDARD.split(), strict=True))


def _unwrap(match: re.Match[str]) -> str:
    r"""Take a word out of `\text{}`, apart from the letters beside it."""
    word = match[1]
    before, after = _neighbours(match)
    if before in ("_", "^"):
        return f"{{{word}}}"
    left = " " if before.isalpha() and not word.startswith(" ") else ""
    right = " " if len(word) > 1 and word[-1].isalpha() and after.isalpha() else ""
    return left + word + right


def _fraction(match: re.Match[str]) -> str:
    above, below = (part if part[0] == "{" else f"{{{part}}}" for part in match.groups())
    return rf"\frac{above}{below}"


def _gap(match: re.Match[str]) -> str:
    return " " if _neighbours(match)[0].isalnum() else ""


def _bare(match: re.Match[str]) -> str:
    r"""Take `\left` or `\right` from a delimiter, where none is left invisible."""
    invisible = r"\left." in match.string or r"\right." in match.string
    return match[0] if invisible else match[1] or match[2]


def _in_formula(match: re.Match[str]) -> bool:
    line = match.string.rfind("\n", 0, match.start()) + 1
    return match.string.count("$", line, match.start()) % 2 == 1


def _unit_power(match: re.Match[str]) -> str:
    """Write a unit that is a formula, or in none, with its power as one character."""
    return match[0] if _in_formula(match) else match[1] + "²³"["3" in match[2]]


NEW_TONES = "oà oá oả oã oạ oè oé oẻ oẽ oẹ uỳ uý uỷ uỹ uỵ"
OLD_TONES = "òa óa ỏa õa ọa òe óe ỏe õe ọe ùy úy ủy ũy ụy"
OLD_TONE = dict(zip(NEW_TONES.split(), OLD_TONES.split(), strict=True))
ONSET = re.compile(r"(?<![\w\\])(?:ch|kh|ng|nh|th|tr|[bdđghlnstx])?\Z", re.IGNORECASE)


def _tone(match: re.Match[str]) -> str:
    """Move the tone to the first vowel of a Vietnamese syllable; `quý` and `Noé` are none."""
    onset = match.string[max(0, match.start() - 3) : match.start()]
    old = OLD_TONE.get(match[0].lower())
    if old is None or not ONSET.search(onset) or (onset[-1:] + match[0]).lower() == "noé":
        return match[0]
    pairs = zip(old, match[0], strict=True)
    return "".join(new.upper() if letter.isupper() else new for new, letter in pairs)


BOLD = r"\*\*(?<![\w)*\\]\*\*)(?<![\d)] \*\*)(?=[^\s*])([^*\n]+)(?<=\S)\*\*(?![\d*(])"
ITALICS = r"\*(?<![\w)*\\$]\*)([^\W\d_]{2}(?:[^\W\d_]|[ ,.;!?“”\"])*)(?<! )\*(?![\w*(])"
NAMES = "|".join(name[1:] for name in SPELLINGS)
DOLLAR_SCRIPT = r"\$([_^])(?<=[\w)\]}]\$.)(?:\{([^{}$]*)\}|(\w))\$"
FONTS = r"(?:text(?:rm|bf|it|normal)?|math(?:rm|bf|it|sf)|mbox)"
DOUBLED = r"(?:d?frac|left|right|times|overline|text|div|sqrt|Rightarrow)(?![A-Za-z])"
ENTITY = r"(#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z]\w{1,30});|(nbsp|[lg]t)(?![\w;])"
PART = r" *(\d|\{[^{}]*\})"
FRACTION = rf"\\frac(?!\{{[^{{}}]*\}}\{{){PART}{PART}(?!(?<=\d)\d)"
BALANCED = r"(?:[^{}\\]|\\.)*+"
for _ in range(4):
    BALANCED = rf"(?:[^{{}}\\]|\\.|\{{{BALANCED}\}})*+"
BRACES_IN_DELIMITERS = rf"(\\left *[(\[|]) *\{{({BALANCED})\}} *(?=\\right *[)\]|])"
LENGTH = r"(?:[mcdhk]|da)?m"
SHORT_LENGTH = rf"(?:(?<=[\d/])|(?<=\d )|(?<=\()(?=[a-z]+\d\)))({LENGTH})"
POWER = r"\^(\{[23]\}|[23](?!\d))"
NO_WORD = r"(?<![^\W\d])(?<!\\)"
UNIT_BEFORE = rf"(?:(?<={NO_WORD}m)|(?<={NO_WORD}[mcdhk]m)|(?<={NO_WORD}dam))"
AFTER_OPERAND = r"(?<=[\d)\]}$%²³°|]–)|(?<=[\d)\]}$%²³°|] –)|(?<=\W[A-Za-z]–)|(?<=\W[A-Za-z] –)"
BEFORE_OPERAND = r"(?= ?(?:[\d(\[{$\\]|[A-Za-z](?!\w)))(?:(?<=\S–)|(?<=\S –))"
MINUS = f"–(?:{AFTER_OPERAND}|{BEFORE_OPERAND})"


def _rules(*rows: tuple[str, str, str, str | Replace]) -> tuple[Rule, ...]:
    return tuple(Rule(name, sign, re.compile(regex), new) for name, sign, regex, new in rows)


UNUSUAL_RULES = _rules(
    ("escape", "", LOST_COMMAND, _table(LETTER_OF)),
    ("line_end", "", r"\r\n?|[\v\f\u2028\u2029]", "\n"),
    ("invisible", "", "[\0-\x08\x0e-\x1f\x7f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e]", ""),
    ("invisible", "", "[\u2060\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]", ""),
    ("space", "", "[\t\u2001\u2003\u3000]", "  "),  # wide ones: two numbers stay two
    ("space", "", "[\xa0\u1680\u2000\u2002\u2004-\u200a\u202f\u205f]", " "),
    ("look_alike", "", "[！％（）＋，－．／：；＜＝＞？［］０-９Ａ-Ｚａ-ｚ]", _normal("NFKC")),
    ("look_alike", "", "[\U0001d400-\U0001d7ffℎﬀ-ﬆⅠ-ⅿ]", _normal("NFKC")),
    ("look_alike", "", f"[{''.join(LOOK_ALIKES)}]", _table(LOOK_ALIKES)),
    ("look_alike", "", r"(?<=\d)[º˚]", "°"),
    ("look_alike", "", r"(?<![^\W_])[ÐƉ]", "Đ"),
    ("look_alike", "", r"(?<![^\W_])[ðɖ]", "đ"),
    ("look_alike", "", r"[^\W\d_]*[\u0370-\u052f][^\W\d_]*", _latin),
    ("operator", "", f"[{''.join(OPERATORS)}]", _table(OPERATORS)),
    ("unicode_nfc", "", r"\w[\u0300-\u036f]+", _normal("NFC")),
    ("unicode_nfc", "", r"(?s).+", _normal("NFC")),
)
ENTITY_RULES = _rules(
    ("html_entity", "&nbsp;", "&nbsp;", " "),
    ("html_entity", "&lt;", rf"&lt;(/?(?:{SAFE_TAGS})\b[^<>&]*)&gt;", r"<\1>"),
    ("html_entity", "&", f"&(?:amp;)*(?:{ENTITY})", _character),
)
TAG_RULES = _rules(
    ("html_tag", "<!--", r"(?s)<!--.*?-->", ""),
    ("image", "<", r"""(?i)<img\b(?:[^<>]*?\balt=(?:"([^"<>]*)"|'([^'<>]*)'))?[^<>]*>""", _picture),
    ("html_tag", "<t", rf"<tr{ATTRIBUTES}\s*", "\n| "),
    ("html_tag", "<t", rf"\s*<t[dh]{ATTRIBUTES}(?:\s*<p{ATTRIBUTES})?\s*", " "),
    ("html_tag", "</t", r"\s*(?:</p>\s*)?</t[dh]>\s*", " | "),
    ("html_tag", "<li", rf"<li{ATTRIBUTES}\s*", "\n- "),
    ("html_tag", "<", rf"(?i)\n?<(/?)({LINE_TAGS})(?![\w-]){ATTRIBUTES} *\n?", _tag),
    ("html_tag", "<", rf"(?i)<(/?)({PLAIN_TAGS})(?![\w-]){ATTRIBUTES}", _tag),
    ("html_tag", "<u>", r"<u>(\s*)</u>", r"\1"),  # underlined digits may be asked about
    ("html_tag", "<", rf"(?i)<su([pb]){ATTRIBUTES}([^<>{{}}$]*)</su\1\s*>", _html_script),
)
LATEX_RULES = _rules(
    ("escape", r"\\", rf"(?<!\\)\\\\(?={DOUBLED})", r"\\"),
    ("escape", r"\"", r'(?<!\\)\\"', '"'),
    ("math_delimiter", r"\(", r"(?<!\\)\\\(((?:(?!\\[()])[^$\n])+)\\\)", _dollars),
    ("math_delimiter", r"\[", r"(?<!\\)\\\[((?:(?!\\[\[\]])[^$])+)\\\]", _dollars),
    ("latex_spelling", "\\", rf"\\(?<!\\\\)(?:{NAMES})(?![A-Za-z])", _table(SPELLINGS)),
    ("latex_spelling", " {", r"(\\(?:frac|overline|sqrt|underline|widehat|text)) +(?=\{)", r"\1"),
    ("latex_spelling", r"\frac", FRACTION, _fraction),
    ("latex_text", r"\text", rf"\\(?<!\\\\){FONTS}\{{([^{{}}\\$]*)\}}", _unwrap),
    ("latex_text", r"\m", rf"\\(?<!\\\\){FONTS}\{{([^{{}}\\$]*)\}}", _unwrap),
    ("latex_braces", "{{", rf"\{{(?<=[a-z}}_^]\{{)(\{{{BALANCED}\}})\}}", r"\1"),
    ("latex_braces", r"\left", BRACES_IN_DELIMITERS, r"\1\2"),
    ("latex_layout", r"\left", r"\\left *(\\\{|[(\[|]) *| *\\right *(\\\}|[)\]|])", _bare),
    ("latex_layout", "ig", r"\\(?<!\\\\)[bB]igg?[lrm]?(?=[()\[\]|])", ""),
    ("latex_layout", "quad", r"\\(?<!\\\\)q?quad(?![A-Za-z])", "  "),
    ("latex_layout", "style", r"\\(?<!\\\\)(?:display|text)style(?![A-Za-z]) *", _gap),
    ("latex_layout", "\\", r"\\(?<!\\\\)[,; ]", " "),
    ("latex_layout", r"\!", r"(?<![\\\w])\\!", ""),
    ("latex_layout", "$", r"\$([^$\n]+)\$", _trim),
)
NOTATION_RULES = _rules(
    ("image", "![", r"!\[([^\[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?: +\"[^\"\n]*\")?\)", _picture),
    ("markdown", "**", BOLD, _emphasis),
    ("markdown", "*", ITALICS, _emphasis),
    ("markdown", "# ", r"(?m)^ *#{1,6} +(?=\S)", ""),
    ("latex_layout", " }", r"(?<![\\ ]) +(?=\})", ""),
    ("latex_layout", "{,}", r"(?<=\d)\{,\}(?=\d)", ","),
    ("latex_layout", "{ ", r"(?<=\{) +", ""),
    ("math_delimiter", "$$", r"(?m)^([^$\n]*)\$\$([^$]+)\$\$([^$\n]*)$", r"\1$\2$\3"),
    ("math_delimiter", "$^", r"\$\^(?<=\d\$\^)(?:\{\\circ\}|\\circ|\{o\}|o)\$", "°"),
    ("math_delimiter", "$_", DOLLAR_SCRIPT, _dollar_script),
    ("math_delimiter", "$^", DOLLAR_SCRIPT, _dollar_script),
    ("operator", "–", MINUS, "-"),
    ("operator", "—", MINUS.replace("–", "—"), "-"),
    ("unit_power", "m^", rf"\$ *({LENGTH}){POWER} *\$", _unit_power),
    ("unit_power", "m^", rf"(m){UNIT_BEFORE}{POWER}", _unit_power),
    ("unit_power", "m2", rf"{SHORT_LENGTH}2(?!\w)", r"\1²"),
    ("unit_power", "m3", rf"{SHORT_LENGTH}3(?!\w)", r"\1³"),
    ("tone_mark", "", "[oOuU][àáảãạèéẻẽẹỳýỷỹỵÀÁẢÃẠÈÉẺẼẸỲÝỶỸỴ](?!\\w)", _tone),
    ("spacing", "  ", r"(?<=\d) {3,}(?=\d)", "  "),
    ("spacing", "  ", r"(?<![\d ]) {2,}| {2,}+(?![\d ])", " "),
    ("spacing", " \n", r" +(?=\n)", ""),
    ("spacing", "\n ", r"(?<=\n) +", ""),
    ("spacing", "\n\n\n", r"\n{3,}", "\n\n"),
)
END_RULES = _rules(("spacing", "", r"\A[ \n]+|[ \n]+\Z", ""))
RULES = (("&", ENTITY_RULES), ("<", TAG_RULES), ("\\", LATEX_RULES), ("", NOTATION_RULES))
