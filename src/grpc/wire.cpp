#include "grpc/wire.h"

#include <cstring>

namespace gyre::grpc {
namespace {

constexpr int kTypeBits = 3;

}  // namespace

std::string BytesOf(std::string_view message, uint32_t field) {
    WireReader fields(message);
    while (fields.Next()) {
        if (fields.Number() == field) return std::string(fields.Bytes());
    }
    return {};
}

bool TakeVarint(std::string_view& bytes, uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        value |= uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

bool WireReader::Fixed(size_t size) {
    if (rest_.size() < size) return false;
    value_ = 0;
    std::memcpy(&value_, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
}

bool WireReader::Next() {
    if (broken_ || rest_.empty()) return false;
    broken_ = true;  // unless all goes well
    uint64_t tag = 0;
    if (!TakeVarint(rest_, tag) || tag >> kTypeBits == 0 || tag >> 32 != 0) return false;
    number_ = static_cast<uint32_t>(tag >> kTypeBits);
    type_ = static_cast<Type>(tag & 7);
    value_ = 0;
    bytes_ = {};
    switch (type_) {
        case Type::kVarint:
            if (!TakeVarint(rest_, value_)) return false;
            break;
        case Type::kFixed64:
            if (!Fixed(8)) return false;
            break;
        case Type::kFixed32:
            if (!Fixed(4)) return false;
            break;
        case Type::kBytes: {
            uint64_t size = 0;
            if (!TakeVarint(rest_, size) || size > rest_.size()) return false;
            bytes_ = rest_.substr(0, size);
            rest_.remove_prefix(size);
            break;
        }
        default:  // groups: no proto3 message has them
            return false;
    }
    broken_ = false;
    return true;
}

void AppendVarint(std::string& out, uint64_t value) {
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void AppendNumber(std::string& out, uint32_t field, uint64_t value) {
    AppendVarint(out, uint64_t{field} << kTypeBits);
    AppendVarint(out, value);
}

void AppendBytes(std::string& out, uint32_t field, std::string_view bytes) {
    AppendVarint(out,
                 uint64_t{field} << kTypeBits | static_cast<uint64_t>(WireReader::Type::kBytes));
    AppendVarint(out, bytes.size());
    out += bytes;
}

}  // namespace gyre::grpc
