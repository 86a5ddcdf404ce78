#include "graph/storage/label_members.h"

#include <algorithm>

namespace gyre::graph {
namespace {

constexpr uint64_t kWordBits = 64;

}  // namespace

LabelMembers::LabelMembers(const Segment& segment) : segment_(segment) {
    for (size_t i = 0; i < segment.Labels().size(); ++i) {
        members_.push_back(std::make_unique<Members>());
    }
}

bool LabelMembers::Has(NameId label, uint64_t vertex) const {
    const auto& lists = segment_.Labels();
    const auto list = std::ranges::lower_bound(lists, label, {}, &Segment::LabelList::label);
    if (list == lists.end() || list->label != label) return false;
    Members& members = *members_[static_cast<size_t>(list - lists.begin())];
    if (!members.made.load(std::memory_order_acquire)) Make(*list, members);
    if (members.bits.empty()) return std::ranges::binary_search(members.numbers, vertex);
    return (members.bits[vertex / kWordBits] >> (vertex % kWordBits) & 1) != 0;
}

void LabelMembers::Make(const Segment::LabelList& list, Members& members) const {
    const std::lock_guard lock(members.making);
    if (members.made) return;
    const uint64_t below = segment_.VerticesBelow();
    const bool many = list.count >= below / kWordBits;
    if (many) members.bits.resize(below / kWordBits + 1);
    DeltaList numbers(list.numbers);
    uint64_t vertex = 0;
    while (numbers.Next(vertex) && vertex < below) {
        if (many)
            members.bits[vertex / kWordBits] |= uint64_t{1} << (vertex % kWordBits);
        else
            members.numbers.push_back(vertex);
    }
    members.made.store(true, std::memory_order_release);
}

}  // namespace gyre::graph
