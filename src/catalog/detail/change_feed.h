#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "catalog/catalog.h"

namespace gyre::catalog::detail {

/// Tells subscribers of changes. Thread-safe. A handle may outlive the feed.
class ChangeFeed {
  public:
    using Listener = std::function<void(const Change&)>;
    [[nodiscard]] std::shared_ptr<void> Subscribe(Listener listener);
    void Tell(const Change& change);

  private:
    struct Subscription {
        std::shared_mutex calling;  // shared while called, alone while it ends
        Listener listener;
    };
    std::mutex mutex_;
    std::vector<std::weak_ptr<Subscription>> subscriptions_;
};

}  // namespace gyre::catalog::detail
