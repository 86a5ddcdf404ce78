#include "serving/async/backlog.h"

#include <algorithm>

namespace gyre::serving::async {

void Backlog::Add(const Ticket& ticket) {
    auto& waiting = endpoints_[ticket.endpoint].waiting;
    const auto place = std::ranges::upper_bound(waiting, ticket.number, {}, &Ticket::number);
    waiting.insert(place, ticket);
}

std::vector<Ticket> Backlog::Take(const std::string& endpoint, int room) {
    std::vector<Ticket> taken;
    const auto found = endpoints_.find(endpoint);
    if (found == endpoints_.end()) return taken;
    OfEndpoint& of = found->second;
    while (!of.waiting.empty() && of.working < static_cast<size_t>(std::max(0, room)) &&
           !of.alone) {
        const int64_t number = of.waiting.front().number;
        if (lost_hosts_.contains(number)) {
            if (of.working > 0) break;
            of.alone = number;
        }
        taken.push_back(std::move(of.waiting.front()));
        of.waiting.pop_front();
        of.working++;
    }
    return taken;
}

std::vector<Ticket> Backlog::TakeExpired(core::WallTime now) {
    std::vector<Ticket> expired;
    for (auto& [endpoint, of] : endpoints_) {
        std::erase_if(of.waiting, [&](const Ticket& ticket) {
            if (ticket.expires > now) return false;
            expired.push_back(ticket);
            of.working++;
            return true;
        });
    }
    return expired;
}

std::vector<Ticket> Backlog::TakeAll(const std::string& endpoint) {
    const auto found = endpoints_.find(endpoint);
    if (found == endpoints_.end()) return {};
    std::vector<Ticket> all(found->second.waiting.begin(), found->second.waiting.end());
    found->second.working += all.size();
    found->second.waiting.clear();
    return all;
}

void Backlog::Finish(const Ticket& ticket) {
    lost_hosts_.erase(ticket.number);
    Leave(ticket);
    Drop(ticket.endpoint);
}

bool Backlog::GoesBack(const Ticket& ticket, bool counts, int most) {
    if (counts && ++lost_hosts_[ticket.number] >= most) return false;
    Leave(ticket);
    Add(ticket);
    return true;
}

void Backlog::Leave(const Ticket& ticket) {
    OfEndpoint& of = endpoints_[ticket.endpoint];
    of.working--;
    if (of.alone == ticket.number) of.alone.reset();
}

std::map<std::string, Backlog::Size> Backlog::Sizes() const {
    std::map<std::string, Size> sizes;
    for (const auto& [endpoint, of] : endpoints_) {
        sizes[endpoint] = {
            .waiting = of.waiting.size(),
            .working = of.working,
            .oldest = of.waiting.empty() ? core::WallTime{} : of.waiting.front().accepted};
    }
    return sizes;
}

void Backlog::Drop(const std::string& endpoint) {
    const auto found = endpoints_.find(endpoint);
    if (found->second.waiting.empty() && found->second.working == 0) endpoints_.erase(found);
}

}  // namespace gyre::serving::async
