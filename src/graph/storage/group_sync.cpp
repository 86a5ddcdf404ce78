#include "graph/storage/group_sync.h"

namespace gyre::graph {

uint64_t GroupSync::Ticket() {
    const std::lock_guard lock(mutex_);
    return ++written_;
}

core::Status GroupSync::Await(uint64_t ticket) {
    std::unique_lock lock(mutex_);
    if (synced_ >= ticket) return {};
    if (!failed_) return failed_;
    const std::shared_ptr<Group> group = forming_;
    if (++group->members == wanted_) gathered_.notify_one();
    while (!group->done) {
        if (!syncing_) {
            Lead(lock, group);
        } else {
            group->changed.wait(lock);
        }
    }
    return synced_ >= ticket ? core::Status() : failed_;
}

void GroupSync::Lead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Group>& group) {
    syncing_ = true;
    if (group->members < policy_.Crowd()) {
        wanted_ = policy_.Crowd();
        gathered_.wait_for(lock, policy_.Patience(), [&] { return group->members >= wanted_; });
        wanted_ = 0;
    }
    forming_ = std::make_shared<Group>();
    const uint64_t covers = written_;
    lock.unlock();
    const core::SteadyTime began = core::SystemClock().Now();
    auto status = sync_();
    const auto took =
        std::chrono::duration_cast<core::microseconds>(core::SystemClock().Now() - began);
    lock.lock();
    syncing_ = false;
    policy_.Synced(group->members, forming_->members, took);
    group->done = true;
    group->changed.notify_all();
    if (status) {
        synced_ = covers;
        forming_->changed.notify_one();  // of those who came meanwhile one goes on
    } else {
        failed_ = std::move(status);
        forming_->done = true;
        forming_->changed.notify_all();
    }
}

}  // namespace gyre::graph
