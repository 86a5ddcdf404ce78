#include "engine/codec/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kNumpyDimensions = 32;
constexpr size_t kMostHeader = 1 << 16;  // NumPy itself stops at 10,000 characters

struct TypeRow {
    DataType type;
    std::string_view name;  ///< without byte order
};
constexpr std::array<TypeRow, 12> kTypes{{{DataType::kBool, "b1"},
                                          {DataType::kUint8, "u1"},
                                          {DataType::kUint16, "u2"},
                                          {DataType::kUint32, "u4"},
                                          {DataType::kUint64, "u8"},
                                          {DataType::kInt8, "i1"},
                                          {DataType::kInt16, "i2"},
                                          {DataType::kInt32, "i4"},
                                          {DataType::kInt64, "i8"},
                                          {DataType::kFloat16, "f2"},
                                          {DataType::kFloat32, "f4"},
                                          {DataType::kFloat64, "f8"}}};

struct Header {
    DataType type = DataType::kFloat32;
    bool swapped = false;
    bool fortran = false;
    Shape shape;
};

tl::unexpected<core::Error> BadNpy(const std::string& why) {
    return Fail(Code::kInvalidArgument, "the body is no .npy file that can be used: " + why);
}

/// The header is a Python dictionary of three known members; no more of Python is understood.
class HeaderParser {
  public:
    explicit HeaderParser(std::string_view text) : text_(text) {}

    core::Result<Header> Parse() {
        Header header;
        bool descr = false, order = false, shape = false;
        if (!Take('{')) return BadNpy("its header is no dictionary");
        while (!Take('}')) {
            const auto key = Quoted();
            if (!key || !Take(':')) return BadNpy("its header is damaged");
            if (*key == "descr") {
                GYRE_TRY(Descr(header));
                descr = true;
            } else if (*key == "fortran_order") {
                if (Word("True")) {
                    header.fortran = true;
                } else if (!Word("False")) {
                    return BadNpy("fortran_order is neither True nor False");
                }
                order = true;
            } else if (*key == "shape") {
                GYRE_TRY(Dimensions(header.shape));
                shape = true;
            } else {
                return BadNpy("its header has the unknown member '" + std::string(*key) + "'");
            }
            if (!Take(',') && Peek() != '}') return BadNpy("its header is damaged");
        }
        Skip();
        if (!text_.empty() || !descr || !order || !shape) return BadNpy("its header is incomplete");
        return header;
    }

  private:
    void Skip() {
        const size_t start = text_.find_first_not_of(" \t\r\n");
        text_.remove_prefix(start == std::string_view::npos ? text_.size() : start);
    }
    char Peek() {
        Skip();
        return text_.empty() ? '\0' : text_.front();
    }
    bool Take(char wanted) {
        if (Peek() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool Word(std::string_view word) {
        Skip();
        if (!text_.starts_with(word)) return false;
        text_.remove_prefix(word.size());
        return true;
    }
    std::optional<std::string_view> Quoted() {
        const char quote = Peek();
        if (quote != '\'' && quote != '"') return std::nullopt;
        const size_t end = text_.find(quote, 1);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view word = text_.substr(1, end - 1);
        text_.remove_prefix(end + 1);
        return word;
    }
    core::Status Descr(Header& header) {
        if (Peek() == '[') return BadNpy("it holds records; plain numbers are taken");
        const auto name = Quoted();
        if (!name || name->size() < 2) return BadNpy("its descr is damaged");
        const std::string_view type = name->substr(1);
        for (const TypeRow& row : kTypes) {
            if (row.name != type) continue;
            header.type = row.type;
            header.swapped = name->front() == '>' && ByteSize(row.type) > 1;
            if (std::string_view("<>=|").find(name->front()) == std::string_view::npos) break;
            return {};
        }
        return BadNpy("its type '" + std::string(*name) +
                      "' is not a bool, integer or float of at most 64 bits");
    }
    core::Status Dimensions(Shape& shape) {
        if (!Take('(')) return BadNpy("its shape is no tuple");
        while (!Take(')')) {
            Skip();
            int64_t size = 0;
            const char* end = text_.data() + text_.size();
            const auto [stop, error] = std::from_chars(text_.data(), end, size);
            if (error != std::errc() || size < 0) return BadNpy("its shape is damaged");
            text_.remove_prefix(static_cast<size_t>(stop - text_.data()));
            Word("L");  // Python 2 wrote longs
            shape.push_back(size);
            if (shape.size() > kNumpyDimensions) return BadNpy("it has more than 32 dimensions");
            if (!Take(',') && Peek() != ')') return BadNpy("its shape is damaged");
        }
        return {};
    }

    std::string_view text_;
};

/// Little-endian, of `width` bytes.
size_t ReadLength(std::string_view bytes, size_t width) {
    size_t value = 0;
    for (size_t i = 0; i < width; ++i) {
        value |= static_cast<size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return value;
}

std::optional<size_t> ByteCount(const Header& header) {
    size_t count = ByteSize(header.type);
    for (const int64_t dimension : header.shape) {
        if (__builtin_mul_overflow(count, static_cast<size_t>(dimension), &count)) {
            return std::nullopt;
        }
    }
    return count;
}

/// Values in another order or place than ours.
Tensor Rearranged(const Header& header, const char* values) {
    Tensor tensor(header.type, header.shape);
    auto* to = static_cast<char*>(tensor.MutableData());
    const size_t width = ByteSize(header.type);
    const auto count = static_cast<size_t>(ElementCount(header.shape));
    if (!header.fortran) {
        std::memcpy(to, values, count * width);
    } else {
        const size_t rank = header.shape.size();
        std::array<size_t, kNumpyDimensions> stride{};  // in elements of the file
        size_t step = 1;
        for (size_t i = 0; i < rank; ++i) {
            stride[i] = step;
            step *= static_cast<size_t>(header.shape[i]);
        }
        std::array<int64_t, kNumpyDimensions> index{};
        size_t from = 0;
        for (size_t i = 0; i < count; ++i) {
            std::memcpy(to + i * width, values + from * width, width);
            for (size_t axis = rank; axis-- > 0;) {
                from += stride[axis];
                if (++index[axis] < header.shape[axis]) break;
                from -= stride[axis] * static_cast<size_t>(header.shape[axis]);
                index[axis] = 0;
            }
        }
    }
    if (header.swapped) {
        for (size_t i = 0; i < count; ++i) std::reverse(to + i * width, to + (i + 1) * width);
    }
    return tensor;
}

}  // namespace

core::Result<Tensor> ParseNpy(std::shared_ptr<const std::string> body) {
    const std::string_view bytes = *body;
    return ParseNpy(bytes, std::move(body));
}

core::Result<Tensor> ParseNpy(std::string_view bytes, std::shared_ptr<const void> owner) {
    if (!bytes.starts_with(kMagic) || bytes.size() < 10) {
        return BadNpy("it does not begin with \\x93NUMPY and a version");
    }
    const int version = bytes[6];
    if (version < 1 || version > 3) return BadNpy("its version is none of 1, 2 and 3");
    const size_t width = version == 1 ? 2 : 4;
    const size_t start = 8 + width;
    if (bytes.size() < start) return BadNpy("it ends within its header");
    const size_t length = ReadLength(bytes.substr(8), width);
    if (length > kMostHeader || length > bytes.size() - start) {
        return BadNpy("it ends within its header");
    }
    GYRE_ASSIGN(const Header header, HeaderParser(bytes.substr(start, length)).Parse());
    const std::string_view values = bytes.substr(start + length);
    const auto expected = ByteCount(header);
    if (!expected || *expected != values.size()) {
        return BadNpy("its shape " + ShapeText(header.shape) + " of " +
                      std::string(DataTypeName(header.type)) + " does not go with " +
                      std::to_string(values.size()) + " bytes of values");
    }
    if (header.type == DataType::kBool) {
        // Any other byte is no bool of C++.
        for (const char value : values) {
            if (value != 0 && value != 1) return BadNpy("a bool is neither 0 nor 1");
        }
    }
    const bool in_place = !header.swapped && !header.fortran &&
                          reinterpret_cast<uintptr_t>(values.data()) % ByteSize(header.type) == 0;
    if (!in_place) return Rearranged(header, values.data());
    return Tensor(header.type, header.shape, std::move(owner), values.data());
}

std::string NpyHeader(DataType type, const Shape& shape) {
    std::string_view name;
    for (const TypeRow& row : kTypes) {
        if (row.type == type) name = row.name;
    }
    GYRE_CHECK(!name.empty());
    std::string text = "{'descr': '";
    text += ByteSize(type) == 1 ? '|' : '<';
    text += name;
    text += "', 'fortran_order': False, 'shape': (";
    for (size_t i = 0; i < shape.size(); ++i) {
        if (i > 0) text += ' ';
        text += std::to_string(shape[i]);
        if (i == 0 || i + 1 < shape.size()) text += ',';
    }
    text += "), }";
    constexpr size_t kPrefix = 10;
    text.append(63 - (kPrefix + text.size()) % 64, ' ');
    text += '\n';
    std::string header(kMagic);
    header += std::string_view("\x01\x00", 2);
    header += static_cast<char>(text.size() & 0xFF);
    header += static_cast<char>(text.size() >> 8);
    return header + text;
}

}  // namespace gyre::engine
