"""Strands and topics of the Vietnamese general education programme of 2018, grades 1 to 9.

Source: Chương trình giáo dục phổ thông môn Toán (Thông tư 32/2018/TT-BGDĐT). The programme joins
number and algebra in one strand; they are apart here, since pupils meet algebra from grade 6 on.
"""

STRANDS = {
    "number": "Số và phép tính",
    "algebra": "Đại số",
    "geometry": "Hình học và đo lường",
    "statistics": "Thống kê và xác suất",
}
"""A strand's name in `data.strands` -> its name in the programme."""

PREFIXES = {"NUM": "number", "ALG": "algebra", "GEO": "geometry", "STA": "statistics"}

TOPICS = {
    "NUM.COUNT": "Số tự nhiên: đọc, viết, so sánh, cấu tạo số",
    "NUM.ADD": "Phép cộng và phép trừ",
    "NUM.MUL": "Phép nhân và phép chia",
    "NUM.MIXED": "Biểu thức có nhiều phép tính",
    "NUM.FRAC": "Phân số và hỗn số",
    "NUM.DEC": "Số thập phân",
    "NUM.PERCENT": "Tỉ số phần trăm",
    "NUM.RATIO": "Tỉ số, rút về đơn vị, tổng và tỉ, hiệu và tỉ",
    "NUM.DIV": "Chia hết, ước và bội, số nguyên tố",
    "NUM.INT": "Số nguyên",
    "NUM.RATIONAL": "Số hữu tỉ và luỹ thừa",
    "NUM.REAL": "Căn bậc hai, căn bậc ba, số thực",
    "ALG.UNKNOWN": "Tìm thành phần chưa biết của phép tính",
    "ALG.EXPR": "Biểu thức đại số và giá trị của biểu thức",
    "ALG.PROP": "Tỉ lệ thức, đại lượng tỉ lệ thuận, tỉ lệ nghịch",
    "ALG.POLY": "Đa thức, hằng đẳng thức, phân thức",
    "ALG.LINEAR": "Phương trình bậc nhất một ẩn",
    "ALG.SYSTEM": "Hệ hai phương trình bậc nhất hai ẩn",
    "ALG.QUAD": "Phương trình bậc hai, định lí Viète",
    "ALG.INEQ": "Bất phương trình bậc nhất",
    "ALG.FUNC": "Hàm số và đồ thị",
    "GEO.LENGTH": "Độ dài và chu vi",
    "GEO.AREA": "Diện tích",
    "GEO.VOLUME": "Thể tích và dung tích",
    "GEO.ANGLE": "Góc",
    "GEO.TRIANGLE": "Tam giác: Pythagore, đồng dạng, lượng giác",
    "GEO.CIRCLE": "Đường tròn và hình tròn",
    "GEO.SOLID": "Hình chóp, hình trụ, hình nón, hình cầu",
    "GEO.TIME": "Thời gian",
    "GEO.MASS": "Khối lượng",
    "GEO.MONEY": "Tiền Việt Nam",
    "GEO.SPEED": "Vận tốc và chuyển động đều",
    "STA.DATA": "Bảng số liệu và biểu đồ",
    "STA.MEAN": "Số trung bình và tần số",
    "STA.PROB": "Khả năng xảy ra và xác suất",
}
"""A topic's code -> what it is about."""


def strand_of(topic: str) -> str:
    """Return the strand of a topic's code.

    >>> strand_of("GEO.AREA")
    'geometry'
    """
    return PREFIXES[topic.partition(".")[0]]
