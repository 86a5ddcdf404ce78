#include <algorithm>

#include "wire/action.h"
#include "wire/detail/tables.h"
#include "wire/protocol.h"

namespace gyre::wire {
namespace {

bool IsListed(std::string_view service, std::string_view operation) {
    for (const Service& known : AllServices()) {
        if (known.name != service) continue;
        return std::ranges::any_of(known.operations->operations, [&](const Operation& candidate) {
            return candidate.name == operation && candidate.input != nullptr;
        });
    }
    return false;
}

}  // namespace

void ActionTable::Add(Action action) {
    GYRE_CHECK(IsListed(action.service, action.operation));
    GYRE_CHECK((action.document != nullptr) + (action.buffered != nullptr) +
                   (action.stream != nullptr) ==
               1);
    auto key = std::pair(action.service, action.operation);
    const bool added = actions_.emplace(std::move(key), std::move(action)).second;
    GYRE_CHECK(added);
}

const Action* ActionTable::Find(std::string_view service, std::string_view operation) const {
    const auto found = actions_.find(std::pair(std::string(service), std::string(operation)));
    return found == actions_.end() ? nullptr : &found->second;
}

std::vector<const Action*> ActionTable::All() const {
    std::vector<const Action*> all;
    for (const auto& [key, action] : actions_) all.push_back(&action);
    return all;
}

}  // namespace gyre::wire
