#include <cstddef>
#include <cstdint>
#include <string_view>

#include "access/canonical.h"
#include "access/payload.h"
#include "access/sigv4.h"

using namespace gyre;
using namespace gyre::access;

namespace {

std::string_view TakeLine(std::string_view& text) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

/// "METHOD target", then "name:value" lines.
net::RequestHead HeadOf(std::string_view text) {
    net::RequestHead head;
    const std::string_view first = TakeLine(text);
    const size_t space = first.find(' ');
    head.method = first.substr(0, space);
    head.target = space == first.npos ? "/" : first.substr(space + 1);
    const size_t question = head.target.find('?');
    head.path = head.target.substr(0, question);
    if (question != head.target.npos) head.query = head.target.substr(question + 1);
    while (!text.empty()) {
        const std::string_view line = TakeLine(text);
        const size_t colon = line.find(':');
        if (colon == line.npos) continue;
        head.headers.Add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    }
    return head;
}

}  // namespace

/// A request nobody signed with this secret must never pass, whatever it holds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const net::RequestHead head =
        HeadOf(std::string_view(reinterpret_cast<const char*>(data), size));
    SigningKeyCache keys;
    Credential credential;
    credential.secret = core::RandomBytes(16);
    for (const ErrorStyle style : {ErrorStyle::kS3, ErrorStyle::kJson}) {
        const auto claim = ReadClaim(head, style);
        if (!claim || !*claim) continue;
        credential.session_token = (*claim)->session_token;
        (void)CheckClaim(head, **claim, credential, (*claim)->signed_at, style);
        if (CheckSignature(head, **claim, credential, kUnsignedPayload, keys, style)) {
            __builtin_trap();
        }
    }
    (void)PayloadKindOf(head.headers.Get("x-amz-content-sha256"));
    // What is canonical already stays as it is.
    const std::string query = CanonicalQuery(head.query);
    if (CanonicalQuery(query) != query) __builtin_trap();
    const std::string path = CanonicalPath(head.path, PathRule::kS3);
    if (CanonicalPath(path, PathRule::kS3) != path) __builtin_trap();
    return 0;
}
