#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gyre::grpc {

/// The fields of one message in protobuf's wire format (protobuf.dev, "Encoding"), in the order
/// they come:
///     WireReader fields(message);
///     while (fields.Next()) { if (fields.Number() == 1) name = fields.Bytes(); }
///     if (fields.Broken()) …
/// It never reads beyond the message, whatever that holds. Views point into it.
class WireReader {
  public:
    enum class Type { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

    explicit WireReader(std::string_view message) : rest_(message) {}

    /// False at the end, and where the message is broken.
    [[nodiscard]] bool Next();
    [[nodiscard]] bool Broken() const { return broken_; }

    [[nodiscard]] uint32_t Number() const { return number_; }
    [[nodiscard]] Type WireType() const { return type_; }
    /// Of a varint or a fixed number; 0 for bytes.
    [[nodiscard]] uint64_t Value() const { return value_; }
    /// Of bytes; "" for numbers.
    [[nodiscard]] std::string_view Bytes() const { return bytes_; }

  private:
    [[nodiscard]] bool Fixed(size_t size);

    std::string_view rest_;
    uint32_t number_ = 0;
    Type type_ = Type::kVarint;
    uint64_t value_ = 0;
    std::string_view bytes_;
    bool broken_ = false;
};

/// Of the first such field of a message; "" where it has none.
[[nodiscard]] std::string BytesOf(std::string_view message, uint32_t field);

/// Takes a varint off the front; false where there is none.
[[nodiscard]] bool TakeVarint(std::string_view& bytes, uint64_t& value);

void AppendVarint(std::string& out, uint64_t value);
void AppendNumber(std::string& out, uint32_t field, uint64_t value);
/// Text, bytes or a message.
void AppendBytes(std::string& out, uint32_t field, std::string_view bytes);

}  // namespace gyre::grpc
