#include "objects/detail/copy_source.h"

#include "net/http_message.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

core::Error Malformed(std::string_view header) {
    return InvalidArgument(
               "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
        .With("ArgumentName", "x-amz-copy-source")
        .With("ArgumentValue", std::string(header));
}

}  // namespace

core::Result<CopySource> ParseCopySource(std::string_view header) {
    std::string_view path = header;
    std::string version;
    // A question mark of the key itself is percent-encoded.
    if (const size_t mark = path.find('?'); mark != std::string_view::npos) {
        const auto query = net::ParseQuery(path.substr(mark + 1));
        if (!query) return core::Fail(Malformed(header));
        for (const auto& [name, value] : *query) {
            if (name == "versionId") version = value;
        }
        path = path.substr(0, mark);
    }
    const auto decoded = net::PercentDecode(path);
    if (!decoded) return core::Fail(Malformed(header));
    std::string_view text = *decoded;
    if (text.starts_with("arn:")) {
        return core::Fail(NotServed("A copy source that is an access point"));
    }
    if (text.starts_with('/')) text.remove_prefix(1);
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
        return core::Fail(Malformed(header));
    }
    CopySource source;
    source.bucket = text.substr(0, slash);
    source.key = text.substr(slash + 1);
    source.version = std::move(version);
    return source;
}

}  // namespace gyre::objects::detail
