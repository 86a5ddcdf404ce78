#include "graph/exec/traverser.h"

#include <algorithm>

namespace gyre::graph::exec {

PathNode::~PathNode() {
    std::shared_ptr<const PathNode> next = std::move(previous);
    while (next && next.use_count() == 1) {
        // Nobody else holds it, so what it goes on from is taken out before it goes.
        next = std::move(next->previous);
    }
}

Ptr<Path> ToPath(const PathPtr& path) {
    auto whole = std::make_shared<Path>();
    for (const PathNode* node = path.get(); node != nullptr; node = node->previous.get()) {
        whole->objects.push_back(node->value);
        whole->labels.push_back(node->labels);
    }
    std::ranges::reverse(whole->objects);
    std::ranges::reverse(whole->labels);
    return whole;
}

PathPtr Extend(PathPtr path, Value value, const std::vector<std::string>& labels) {
    return std::make_shared<const PathNode>(std::move(path), std::move(value), labels);
}

PathPtr Labelled(const PathPtr& path, const std::vector<std::string>& labels) {
    if (!path || labels.empty()) return path;
    auto node = std::make_shared<PathNode>(*path);
    for (const std::string& label : labels) {
        if (std::ranges::find(node->labels, label) == node->labels.end()) {
            node->labels.push_back(label);
        }
    }
    return node;
}

bool FindLabel(const PathPtr& path, const std::string& label, Pop pop, Value& value) {
    Values found;
    for (const PathNode* node = path.get(); node != nullptr; node = node->previous.get()) {
        if (std::ranges::find(node->labels, label) == node->labels.end()) continue;
        if (pop == Pop::kLast) {
            value = node->value;
            return true;
        }
        found.push_back(node->value);
    }
    if (found.empty()) return false;
    std::ranges::reverse(found);
    if (pop == Pop::kFirst || (pop == Pop::kMixed && found.size() == 1)) {
        value = found.front();
    } else {
        value = MakeList(std::move(found));
    }
    return true;
}

core::Result<Ptr<Path>> PartOf(Ptr<Path> path, const std::string* from, const std::string* to) {
    if (from == nullptr && to == nullptr) return path;
    const size_t size = path->objects.size();
    size_t begin = from != nullptr ? size : 0;
    size_t end = to != nullptr ? size : size - 1;
    for (size_t i = 0; i < size; ++i) {
        const auto& labels = path->labels[i];
        if (from != nullptr && std::ranges::find(labels, *from) != labels.end()) begin = i;
        if (to != nullptr && std::ranges::find(labels, *to) != labels.end()) end = i;
    }
    const auto wrong = [](std::string message) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          std::move(message));
    };
    if (from != nullptr && begin == size) {
        return wrong("Could not locate path from-label: " + *from);
    }
    if (to != nullptr && end == size) return wrong("Could not locate path to-label: " + *to);
    if (begin > end) {
        return wrong("Could not isolate path because from comes after to: " +
                     (from != nullptr ? *from : "null") + "->" + (to != nullptr ? *to : "null"));
    }
    auto part = std::make_shared<Path>();
    const auto at = [](auto& all, size_t place) {
        return all.begin() + static_cast<ptrdiff_t>(place);
    };
    part->objects.assign(at(path->objects, begin), at(path->objects, end + 1));
    part->labels.assign(at(path->labels, begin), at(path->labels, end + 1));
    return part;
}

}  // namespace gyre::graph::exec
