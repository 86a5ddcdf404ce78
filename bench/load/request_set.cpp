#include "load/request_set.h"

#include "access/payload.h"
#include "access/sign.h"

namespace gyre::load {
namespace {

constexpr core::seconds kSignAgainAfter{60};

}  // namespace

RequestSet::RequestSet(const LoadOptions& options, core::WallTime now)
    : options_(options), made_(now) {
    for (size_t i = 0; i < Count(); i++) {
        if (options.identity) hashes_.push_back(access::PayloadHash(Body(i)));
        heads_.push_back(MakeHead(i));
    }
}

void RequestSet::Refresh(core::WallTime now) {
    if (!options_.identity || now - made_ < kSignAgainAfter) return;
    made_ = now;
    for (size_t i = 0; i < Count(); i++) heads_[i] = MakeHead(i);
}

std::string RequestSet::MakeHead(size_t index) const {
    net::RequestHead head;
    head.method = options_.method;
    head.target = options_.path;
    const size_t question = std::min(options_.path.find('?'), options_.path.size());
    head.path = options_.path.substr(0, question);
    if (question < options_.path.size()) head.query = options_.path.substr(question + 1);
    head.headers.Add("Host", options_.address + ":" + std::to_string(options_.port));
    head.headers.Add("Content-Type", options_.content_type);
    for (const auto& [name, value] : options_.headers) head.headers.Add(name, value);
    if (options_.identity) access::SignHead(head, hashes_[index], *options_.identity, made_);
    std::string text = head.method + " " + head.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : head.headers) text += name + ": " + value + "\r\n";
    text += "Content-Length: " + std::to_string(Body(index).size()) + "\r\n\r\n";
    return text;
}

}  // namespace gyre::load
