#include "console/detail/guarded_exchange.h"

#include <string>
#include <string_view>

#include "core/ascii.h"

namespace gyre::console::detail {
namespace {

bool MayBePage(std::string_view content_type) {
    const std::string lower = core::AsciiLower(content_type);
    // Without a type a browser guesses. SVG and XML can hold scripts as well as HTML does.
    return lower.empty() || lower.find("html") != lower.npos || lower.find("xml") != lower.npos ||
           lower.find("svg") != lower.npos || lower.find("unknown") != lower.npos ||
           lower.find("multipart") != lower.npos || lower.find("*/*") != lower.npos;
}

void Sandbox(net::Headers& headers) {
    if (!MayBePage(headers.Get("Content-Type"))) return;
    headers.Add("Content-Security-Policy", "sandbox");
}

}  // namespace

void GuardedExchange::Respond(net::Response response) {
    if (!response.body.empty()) Sandbox(response.headers);
    inner_->Respond(std::move(response));
}

std::unique_ptr<net::BodyWriter> GuardedExchange::RespondStream(net::ResponseHead head,
                                                                std::optional<uint64_t> length) {
    Sandbox(head.headers);
    return inner_->RespondStream(std::move(head), length);
}

}  // namespace gyre::console::detail
