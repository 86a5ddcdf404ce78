#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/exchange.h"
#include "objects/post_policy.h"

namespace gyre::objects::detail {

/// The boundary of a multipart/form-data Content-Type; nullopt where it has none.
[[nodiscard]] std::optional<std::string> BoundaryOf(std::string_view content_type);

/// A multipart/form-data body (RFC 7578) whose last field that counts is a file. Reads the fields
/// before it whole, then gives the file's bytes as a stream; what follows the file is not looked
/// at. Not thread-safe.
class FormReader final : public net::BodyReader {
  public:
    /// `source` outlives the reader.
    FormReader(net::BodyReader& source, std::string boundary);

    /// Reads up to the first byte of the file. Errors: MalformedPOSTRequest (400),
    /// MaxPostPreDataLengthExceeded (400), and the body's own.
    [[nodiscard]] core::Status ReadFields();
    [[nodiscard]] const FormFields& Fields() const { return fields_; }
    [[nodiscard]] bool HasFile() const { return has_file_; }
    /// As the browser named it; "" where it did not.
    [[nodiscard]] const std::string& FileName() const { return file_name_; }

    /// Of the file: fewer or more bytes are an error of the read that finds out (EntityTooSmall,
    /// EntityTooLarge).
    void Limit(uint64_t least, std::optional<uint64_t> most);
    core::Result<size_t> Read(std::span<char> into) override;
    [[nodiscard]] std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    [[nodiscard]] core::Result<bool> More();
    [[nodiscard]] core::Result<std::string> TakeUntil(std::string_view mark, size_t most);

    net::BodyReader& source_;
    const std::string delimiter_;  // CRLF "--" boundary
    std::string buffer_;
    size_t before_file_ = 0;  // bytes
    FormFields fields_;
    bool has_file_ = false;
    std::string file_name_;
    uint64_t least_ = 0;
    std::optional<uint64_t> most_;
    uint64_t given_ = 0;
    bool file_ended_ = false;
};

}  // namespace gyre::objects::detail
