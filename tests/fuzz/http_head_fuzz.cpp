// Request and response heads: what is taken has to obey the rules that keep two readers of one
// connection in step.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/detail/head_parser.h"

using namespace gyre;

namespace {

void Require(bool condition) {
    if (!condition) std::abort();
}

void CheckFields(const net::Headers& headers) {
    for (const auto& [name, value] : headers) {
        Require(!name.empty());
        Require((name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
}

void CheckFraming(const net::detail::Framing& framing, const net::Headers& headers) {
    Require(!(framing.chunked && framing.length));
    size_t lengths = 0;
    for (const auto& [name, value] : headers)
        lengths += net::EqualsIgnoreCase(name, "content-length");
    Require(lengths <= 1 && !(framing.chunked && lengths > 0));
}

/// The end that is found must not depend on how the bytes were cut on their way.
size_t CheckedHeadSize(std::string_view input) {
    size_t scanned = 0;
    const size_t size = net::detail::HeadSize(input, scanned);
    size_t scanned_in_steps = 0;
    size_t found = 0;
    for (size_t have = 1; have <= input.size() && found == 0; ++have) {
        found = net::detail::HeadSize(input.substr(0, have), scanned_in_steps);
    }
    Require(found == size);
    return size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const size_t head_size = CheckedHeadSize(input);
    if (head_size == 0) return 0;
    const std::string_view text = input.substr(0, head_size);

    net::RequestHead request;
    if (const auto framing = net::detail::ParseRequestHead(text, request)) {
        Require(framing->chunked || framing->length);
        const bool connect = request.method == "CONNECT";
        Require(!request.method.empty() && request.path.empty() == connect);
        Require(!connect || request.target.find(':') != std::string::npos);
        CheckFields(request.headers);
        CheckFraming(*framing, request.headers);
    } else {
        Require(framing.error().status >= 400 && framing.error().status <= 505);
    }
    net::ResponseHead response;
    if (const auto framing = net::detail::ParseResponseHead(text, response)) {
        Require(response.status >= 100 && response.status <= 999);
        CheckFields(response.headers);
    }
    return 0;
}
