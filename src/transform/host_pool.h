#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/guarded.h"
#include "serving/host_link.h"
#include "serving/pipeline/pipeline_call.h"

namespace gyre::transform {

/// The hosts of a job, as its controller knows them now, and how many requests each has. A payload
/// is read only when it has a place here, so the places bound a job's memory too. Thread-safe.
class HostPool {
  public:
    /// A request's place at a host, given back when it goes.
    class Place {
      public:
        Place() = default;
        Place(HostPool& pool, std::shared_ptr<serving::HostLink> link,
              serving::pipeline::Further further)
            : pool_(&pool), link_(std::move(link)), further_(std::move(further)) {}
        ~Place() { Release(); }
        Place(Place&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)),
              link_(std::move(other.link_)),
              further_(std::move(other.further_)) {}
        Place& operator=(Place&& other) noexcept {
            Release();
            pool_ = std::exchange(other.pool_, nullptr);
            link_ = std::move(other.link_);
            further_ = std::move(other.further_);
            return *this;
        }
        [[nodiscard]] const std::shared_ptr<serving::HostLink>& Link() const { return link_; }
        /// The containers behind the host's; not null.
        [[nodiscard]] const serving::pipeline::Further& Further() const { return further_; }
        void Release();

      private:
        HostPool* pool_ = nullptr;
        std::shared_ptr<serving::HostLink> link_;
        serving::pipeline::Further further_;
    };

    /// `per_host`: requests at once to each.
    explicit HostPool(int per_host) : per_host_(per_host) {}
    /// Those that are ready now, in place of those that were: of a model's first container, whose
    /// places are counted, and of those behind it.
    void Update(std::vector<std::shared_ptr<serving::HostLink>> links,
                std::vector<serving::ContainerRoute> further = {});
    /// At the host that has that share of the keys, or the next one while it is away; nullopt where
    /// it is full, or there is none.
    [[nodiscard]] std::optional<Place> TryTake(size_t share);
    /// Waits for a place; nullopt once closed.
    [[nodiscard]] std::optional<Place> Take(size_t share);
    /// Ends all waiting. May be called twice.
    void Close();

  private:
    struct State {
        std::vector<std::shared_ptr<serving::HostLink>> links;
        serving::pipeline::Further further =
            std::make_shared<const std::vector<serving::ContainerRoute>>();
        std::map<const serving::HostLink*, int> taken;
        bool closed = false;
    };
    [[nodiscard]] std::optional<Place> PlaceFor(size_t share, State& state);
    void GiveBack(const serving::HostLink* link);

    const int per_host_;
    core::Guarded<State> state_;
};

}  // namespace gyre::transform
