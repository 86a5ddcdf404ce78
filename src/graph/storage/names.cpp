#include "graph/storage/names.h"

#include "graph/storage/codec.h"
#include "graph/storage/keys.h"

namespace gyre::graph {

core::Status Names::Load(KvTransaction& store) {
    const std::lock_guard lock(mutex_);
    const auto cursor = store.Scan(std::string_view(&keys::kName, 1));
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(1);
        uint64_t id = 0;
        if (!ReadOrdered(key, id) || id != texts_.size()) {
            return core::Fail(core::Code::kDataLoss, "the graph's table of names has a gap");
        }
        texts_.emplace_back(cursor->Value());
        ids_.emplace(texts_.back(), static_cast<NameId>(id));
    }
    return store.Health();
}

std::optional<NameId> Names::Find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = ids_.find(name);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

std::string_view Names::Text(NameId id) const {
    const std::lock_guard lock(mutex_);
    return id < texts_.size() ? std::string_view(texts_[id]) : std::string_view("?");
}

NameId Names::Intern(std::string_view name, KvTransaction& store) {
    const std::lock_guard lock(mutex_);
    const auto found = ids_.find(name);
    NameId id = 0;
    if (found == ids_.end()) {
        id = static_cast<NameId>(texts_.size());
        texts_.emplace_back(name);
        ids_.emplace(texts_.back(), id);
        unsaved_.emplace(id, false);
    } else {
        id = found->second;
    }
    // Numbers have no gaps on the disk: an earlier one that an aborted transaction left goes too.
    for (auto& [unsaved, written] : unsaved_) {
        if (written) continue;
        store.Put(keys::Name(unsaved), texts_[unsaved]);
        written = true;
    }
    return id;
}

void Names::Settle(bool committed) {
    const std::lock_guard lock(mutex_);
    if (committed) {
        std::erase_if(unsaved_, [](const auto& entry) { return entry.second; });
        return;
    }
    for (auto& [id, written] : unsaved_) written = false;
}

size_t Names::Size() const {
    const std::lock_guard lock(mutex_);
    return texts_.size();
}

}  // namespace gyre::graph
