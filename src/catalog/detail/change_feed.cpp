#include "catalog/detail/change_feed.h"

namespace gyre::catalog::detail {

std::shared_ptr<void> ChangeFeed::Subscribe(Listener listener) {
    auto subscription = std::make_shared<Subscription>();
    subscription->listener = std::move(listener);
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(subscriptions_, [](const auto& other) { return other.expired(); });
        subscriptions_.push_back(subscription);
    }
    Subscription* const ended = subscription.get();
    return {ended, [subscription = std::move(subscription)](void*) {
                const std::lock_guard lock(subscription->calling);
                subscription->listener = nullptr;
            }};
}

void ChangeFeed::Tell(const Change& change) {
    std::vector<std::weak_ptr<Subscription>> subscriptions;
    {
        const std::lock_guard lock(mutex_);
        subscriptions = subscriptions_;
    }
    for (const auto& weak : subscriptions) {
        const auto subscription = weak.lock();
        if (!subscription) continue;
        const std::shared_lock lock(subscription->calling);
        if (subscription->listener) subscription->listener(change);
    }
}

}  // namespace gyre::catalog::detail
