#include "objects/detail/external_answer.h"

#include <charconv>

#include "core/clock.h"
#include "objects/detail/s3_errors.h"

namespace gyre::objects::detail {
namespace {

std::string Decoded(std::string_view text) {
    constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&amp;", '&'},   {"&lt;", '<'},  {"&gt;", '>'},  {"&quot;", '"'},
        {"&apos;", '\''}, {"&#34;", '"'}, {"&#39;", '\''}};
    std::string decoded;
    while (!text.empty()) {
        bool found = false;
        if (text.front() == '&') {
            for (const auto& [entity, character] : kEntities) {
                if (!text.starts_with(entity)) continue;
                decoded += character;
                text.remove_prefix(entity.size());
                found = true;
                break;
            }
        }
        if (found) continue;
        decoded += text.front();
        text.remove_prefix(1);
    }
    return decoded;
}

/// What stands in the next element of that name from `at` on, and moves `at` behind it.
std::optional<std::string_view> NextElement(std::string_view xml, std::string_view name,
                                            size_t& at) {
    const std::string open = "<" + std::string(name);
    for (size_t begin = xml.find(open, at); begin != std::string_view::npos;
         begin = xml.find(open, begin + 1)) {
        const size_t end = begin + open.size();
        if (end >= xml.size()) return std::nullopt;
        if (xml[end] != '>' && xml[end] != ' ') continue;  // a longer name
        const size_t start = xml.find('>', end);
        if (start == std::string_view::npos) return std::nullopt;
        const std::string close = "</" + std::string(name) + ">";
        const size_t stop = xml.find(close, start);
        if (stop == std::string_view::npos) return std::nullopt;
        at = stop + close.size();
        return xml.substr(start + 1, stop - start - 1);
    }
    return std::nullopt;
}

core::Code CodeOf(int status) {
    switch (status) {
        case 400:
        case 405:
        case 416:
            return core::Code::kInvalidArgument;
        case 401:
        case 403:
            return core::Code::kPermissionDenied;
        case 404:
            return core::Code::kNotFound;
        case 409:
            return core::Code::kConflict;
        case 412:
            return core::Code::kFailedPrecondition;
        case 501:
            return core::Code::kUnimplemented;
        case 503:
            return core::Code::kUnavailable;
        default:
            return core::Code::kInternal;
    }
}

}  // namespace

std::string TextOf(std::string_view xml, std::string_view element) {
    size_t at = 0;
    const auto found = NextElement(xml, element, at);
    return found ? Decoded(*found) : "";
}

core::Error ErrorOf(const net::Response& response) {
    std::string name = TextOf(response.body, "Code");
    std::string message = TextOf(response.body, "Message");
    // An answer that began as a success may hold an error.
    const int status = response.status / 100 == 2 ? 500 : response.status;
    if (name.empty()) name = status == 404 ? "NoSuchKey" : "InternalError";
    if (message.empty()) {
        message = "The external S3 answered " + std::to_string(response.status) + ".";
    }
    return S3Error(CodeOf(status), status, std::move(name), std::move(message));
}

core::Result<ListPage> ReadListing(const std::string& bucket, std::string_view xml) {
    size_t at = 0;
    const auto result = NextElement(xml, "ListBucketResult", at);
    if (!result) {
        return core::Fail(core::Code::kInternal, "the external S3's listing is no listing");
    }
    ListPage page;
    page.truncated = TextOf(*result, "IsTruncated") == "true";
    at = 0;
    while (const auto contents = NextElement(*result, "Contents", at)) {
        ObjectInfo info;
        info.bucket = bucket;
        const auto key = net::PercentDecode(TextOf(*contents, "Key"), true);
        if (!key) return core::Fail(core::Code::kInternal, "a listed key is not encoded");
        info.key = *key;
        const std::string size = TextOf(*contents, "Size");
        std::from_chars(size.data(), size.data() + size.size(), info.size);
        info.etag = WithoutQuotes(TextOf(*contents, "ETag"));
        info.modified =
            core::ParseIso8601(TextOf(*contents, "LastModified")).value_or(core::WallTime());
        page.objects.push_back(std::move(info));
    }
    return page;
}

std::string WithoutQuotes(std::string_view etag) {
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

}  // namespace gyre::objects::detail
