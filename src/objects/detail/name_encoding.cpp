#include "objects/detail/name_encoding.h"

#include "net/http_message.h"
#include "objects/detail/s3_errors.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {

core::Result<NameEncoding> NameEncoding::Of(const core::Json& input) {
    const std::string asked = Text(input, "EncodingType");
    if (!asked.empty() && asked != "url") {
        return core::Fail(InvalidArgument("Invalid Encoding Method specified in Request"));
    }
    return NameEncoding(asked == "url");
}

std::string NameEncoding::operator()(std::string_view name) const {
    return url_ ? net::PercentEncode(name, true) : std::string(name);
}

void NameEncoding::Describe(core::JsonObject& output) const {
    if (url_) output["EncodingType"] = "url";
}

}  // namespace gyre::objects::detail
