#include "graph/storage/label_members.h"

#include <algorithm>

namespace gyre::graph {
namespace {

constexpr uint64_t kWordBits = 64;

}  // namespace

LabelMembers::LabelMembers(const Segment& segment) : segment_(segment) {
    for (const LabelList& list : segment.Labels()) {
        members_.push_back(std::make_unique<Members>());
        if (list.label >= places_.size()) places_.resize(size_t{list.label} + 1);
        places_[list.label] = static_cast<uint32_t>(members_.size());
    }
}

bool LabelMembers::Has(NameId label, uint64_t vertex) const {
    const uint32_t place = label < places_.size() ? places_[label] : 0;
    if (place == 0) return false;
    Members& members = *members_[place - 1];
    if (!members.made.load(std::memory_order_acquire)) {
        Make(segment_.Labels()[place - 1], members);
    }
    if (members.bits.empty()) return std::ranges::binary_search(members.numbers, vertex);
    const uint64_t bit = vertex - members.first;  // very large of those before it
    return bit / kWordBits < members.bits.size() &&
           (members.bits[bit / kWordBits] >> (bit % kWordBits) & 1) != 0;
}

void LabelMembers::Make(const LabelList& list, Members& members) const {
    const std::lock_guard lock(members.making);
    if (members.made) return;
    const uint64_t below = segment_.VerticesBelow();
    DeltaList numbers(list.numbers);
    uint64_t vertex = 0, last = 0;
    while (numbers.Next(vertex) && vertex < below) {
        if (last == 0) members.first = vertex;
        last = vertex;
    }
    const uint64_t words = last == 0 ? 0 : (last - members.first) / kWordBits + 1;
    const bool many = words <= list.count;
    if (many) members.bits.resize(words);
    numbers = DeltaList(list.numbers);
    while (numbers.Next(vertex) && vertex <= last) {
        const uint64_t bit = vertex - members.first;
        if (many)
            members.bits[bit / kWordBits] |= uint64_t{1} << (bit % kWordBits);
        else
            members.numbers.push_back(vertex);
    }
    members.made.store(true, std::memory_order_release);
}

}  // namespace gyre::graph
