#include "engine/python/suspects.h"

#include <algorithm>
#include <functional>

namespace gyre::engine::python {
namespace {

constexpr int kRefusedAt = 2;

size_t HashOf(const Request& request) {
    const std::hash<std::string_view> hash;
    constexpr size_t kMix = 0x9E3779B97F4A7C15;
    return (hash(request.body.View()) * kMix + hash(request.content_type)) * kMix +
           hash(request.accept);
}

}  // namespace

Suspects::Verdict Suspects::Judge(const Request& request, core::SteadyTime now) const {
    if (count_.load(std::memory_order_relaxed) == 0) return Verdict::kClean;
    const size_t hash = HashOf(request);
    auto suspects = suspects_.Lock();
    const auto found = suspects->find(hash);
    if (found == suspects->end()) return Verdict::kClean;
    const Suspect& suspect = found->second;
    if (suspect.ended < kRefusedAt || now - suspect.last >= kRefusedFor) return Verdict::kAlone;
    return Verdict::kRefused;
}

void Suspects::Ended(std::span<const Request* const> batch, core::SteadyTime started,
                     core::SteadyTime now) {
    auto suspects = suspects_.Lock();
    for (const Request* request : batch) {
        Suspect& suspect = (*suspects)[HashOf(*request)];
        // Two workers that ended at one time, as when somebody killed both, count as one.
        if (suspect.ended > 0 && started < suspect.last) continue;
        if (batch.size() == 1 || suspect.ended == 0) suspect.ended++;
        suspect.last = now;
    }
    while (suspects->size() > kMost) {
        suspects->erase(std::min_element(
            suspects->begin(), suspects->end(),
            [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    }
    count_ = suspects->size();
}

void Suspects::Answered(std::span<const Request* const> batch) {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    auto suspects = suspects_.Lock();
    for (const Request* request : batch) suspects->erase(HashOf(*request));
    count_ = suspects->size();
}

}  // namespace gyre::engine::python
