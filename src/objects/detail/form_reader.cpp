#include "objects/detail/form_reader.h"

#include <algorithm>
#include <cstring>

#include "net/http_message.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

using core::Result;
using core::Status;

constexpr size_t kPiece = size_t{64} << 10;
/// S3 takes 20 KB of fields before the file; a policy in base64 wants some room.
constexpr size_t kMostBeforeFile = size_t{64} << 10;
constexpr size_t kLongestHead = size_t{8} << 10;
constexpr size_t kLongestBoundary = 70;  // RFC 2046

core::Error Malformed(const char* what) {
    return S3Error(core::Code::kInvalidArgument, 400, "MalformedPOSTRequest",
                   std::string("The body of your POST request is not well-formed "
                               "multipart/form-data: ") +
                       what);
}

/// The value of a parameter (name="x", filename="y") of a header; quotes and backslashes taken off.
std::optional<std::string> ParameterOf(std::string_view header, std::string_view name) {
    for (size_t at = header.find(';'); at != std::string_view::npos;) {
        ++at;
        while (at < header.size() && header[at] == ' ') ++at;
        const size_t equals = header.find('=', at);
        if (equals == std::string_view::npos) return std::nullopt;
        const bool found = net::EqualsIgnoreCase(header.substr(at, equals - at), name);
        std::string value;
        at = equals + 1;
        if (at < header.size() && header[at] == '"') {
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size()) ++at;
                value += header[at];
            }
            at = header.find(';', at);
        } else {
            const size_t end = std::min(header.find(';', at), header.size());
            value = header.substr(at, end - at);
            at = end == header.size() ? std::string_view::npos : end;
        }
        if (found) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> BoundaryOf(std::string_view content_type) {
    constexpr std::string_view kForm = "multipart/form-data";
    if (!net::EqualsIgnoreCase(content_type.substr(0, kForm.size()), kForm)) return std::nullopt;
    auto boundary = ParameterOf(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > kLongestBoundary) return std::nullopt;
    return boundary;
}

FormReader::FormReader(net::BodyReader& source, std::string boundary)
    : source_(source), delimiter_("\r\n--" + std::move(boundary)), buffer_("\r\n") {
}

/// False at the end of the body.
Result<bool> FormReader::More() {
    const size_t before = buffer_.size();
    buffer_.resize(before + kPiece);
    const auto got = source_.Read({buffer_.data() + before, kPiece});
    buffer_.resize(before + (got ? *got : 0));
    if (!got) return core::Fail(got.error());
    return *got > 0;
}

/// What stands before `mark`, which is taken too.
Result<std::string> FormReader::TakeUntil(std::string_view mark, size_t most) {
    size_t from = 0;
    while (true) {
        const size_t found = buffer_.find(mark, from);
        if (found != std::string::npos && found <= most) {
            std::string taken = buffer_.substr(0, found);
            buffer_.erase(0, found + mark.size());
            before_file_ += found + mark.size();
            return taken;
        }
        if (buffer_.size() > most + mark.size()) {
            return core::Fail(S3Error(core::Code::kInvalidArgument, 400,
                                      "MaxPostPreDataLengthExceeded",
                                      "Your POST request fields preceding the upload file were "
                                      "too large."));
        }
        from = buffer_.size() < mark.size() ? 0 : buffer_.size() - mark.size() + 1;
        GYRE_ASSIGN(const bool more, More());
        if (!more) return core::Fail(Malformed("it ends early"));
    }
}

Status FormReader::ReadFields() {
    // A preamble has no meaning; the first delimiter may stand at the very beginning.
    GYRE_TRY(TakeUntil(delimiter_, kLongestHead));
    while (true) {
        GYRE_ASSIGN(const std::string line, TakeUntil("\r\n", kLongestHead));
        if (line.starts_with("--")) return {};
        if (line.find_first_not_of(" \t") != std::string::npos) {
            return core::Fail(Malformed("a boundary is followed by text"));
        }
        // A part may have no header at all: then the blank line comes at once.
        buffer_.insert(0, "\r\n");
        GYRE_ASSIGN(const std::string head, TakeUntil("\r\n\r\n", kLongestHead));
        std::string disposition;
        std::string type;
        for (size_t at = 0; at < head.size();) {
            const size_t end = std::min(head.find("\r\n", at), head.size());
            const std::string_view field = std::string_view(head).substr(at, end - at);
            at = end + 2;
            const size_t colon = field.find(':');
            if (colon == std::string_view::npos) continue;
            std::string_view value = field.substr(colon + 1);
            while (value.starts_with(' ')) value.remove_prefix(1);
            const std::string_view name = field.substr(0, colon);
            if (net::EqualsIgnoreCase(name, "Content-Disposition")) disposition = value;
            if (net::EqualsIgnoreCase(name, "Content-Type")) type = value;
        }
        const auto name = ParameterOf(disposition, "name");
        if (!name) return core::Fail(Malformed("a part has no name"));
        if (net::EqualsIgnoreCase(*name, "file")) {
            has_file_ = true;
            file_name_ = ParameterOf(disposition, "filename").value_or("");
            // Some browsers send the whole path.
            if (const size_t slash = file_name_.find_last_of("/\\"); slash != std::string::npos) {
                file_name_.erase(0, slash + 1);
            }
            return {};
        }
        GYRE_ASSIGN(std::string value, TakeUntil(delimiter_, kMostBeforeFile));
        if (before_file_ > kMostBeforeFile) {
            return core::Fail(S3Error(core::Code::kInvalidArgument, 400,
                                      "MaxPostPreDataLengthExceeded",
                                      "Your POST request fields preceding the upload file were "
                                      "too large."));
        }
        fields_.emplace_back(*name, std::move(value));
    }
}

void FormReader::Limit(uint64_t least, std::optional<uint64_t> most) {
    least_ = least;
    most_ = most;
}

Result<size_t> FormReader::Read(std::span<char> into) {
    if (file_ended_ || into.empty()) return size_t{0};
    while (true) {
        const size_t found = buffer_.find(delimiter_);
        // Bytes that cannot be the beginning of a delimiter.
        size_t sure = found;
        if (found == std::string::npos) {
            sure = buffer_.size() < delimiter_.size() ? 0 : buffer_.size() - delimiter_.size() + 1;
        }
        if (sure > 0) {
            const size_t taken = std::min(sure, into.size());
            std::memcpy(into.data(), buffer_.data(), taken);
            buffer_.erase(0, taken);
            given_ += taken;
            if (most_ && given_ > *most_) {
                return core::Fail(S3Error(core::Code::kInvalidArgument, 400, "EntityTooLarge",
                                          "Your proposed upload exceeds the maximum allowed size")
                                      .With("MaxSizeAllowed", std::to_string(*most_)));
            }
            return taken;
        }
        if (found == 0) {
            file_ended_ = true;
            if (given_ < least_) {
                return core::Fail(S3Error(core::Code::kInvalidArgument, 400, "EntityTooSmall",
                                          "Your proposed upload is smaller than the minimum "
                                          "allowed size")
                                      .With("MinSizeAllowed", std::to_string(least_)));
            }
            return size_t{0};
        }
        GYRE_ASSIGN(const bool more, More());
        if (!more) return core::Fail(Malformed("the file has no end"));
    }
}

}  // namespace gyre::objects::detail
