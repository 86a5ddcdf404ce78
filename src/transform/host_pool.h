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
/// is read only when it has a place here, and room for its bytes among those of all hosts, so this
/// bounds a job's memory too. Thread-safe.
class HostPool {
  public:
    /// What a request wants.
    struct Want {
        size_t share = 0;    ///< of the keys
        size_t bytes = 0;    ///< of memory, at most
        bool alone = false;  ///< no other request is to be at the host meanwhile
    };

    /// A request's place at a host, given back when it goes.
    class Place {
      public:
        Place() = default;
        Place(HostPool& pool, std::shared_ptr<serving::HostLink> link,
              serving::pipeline::Further further, int places, size_t bytes)
            : pool_(&pool),
              link_(std::move(link)),
              further_(std::move(further)),
              places_(places),
              bytes_(bytes) {}
        ~Place() { Release(); }
        Place(Place&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)),
              link_(std::move(other.link_)),
              further_(std::move(other.further_)),
              places_(other.places_),
              bytes_(other.bytes_) {}
        Place& operator=(Place&& other) noexcept {
            Release();
            pool_ = std::exchange(other.pool_, nullptr);
            link_ = std::move(other.link_);
            further_ = std::move(other.further_);
            places_ = other.places_;
            bytes_ = other.bytes_;
            return *this;
        }
        [[nodiscard]] const std::shared_ptr<serving::HostLink>& Link() const { return link_; }
        /// The containers behind the host's; not null.
        [[nodiscard]] const serving::pipeline::Further& Further() const { return further_; }
        /// It came to so many bytes.
        void Holds(size_t bytes);
        void Release();

      private:
        HostPool* pool_ = nullptr;
        std::shared_ptr<serving::HostLink> link_;
        serving::pipeline::Further further_;
        int places_ = 1;
        size_t bytes_ = 0;
    };

    /// `per_host`: requests at once to each; `most_bytes`: of all of them, but one is always let
    /// in.
    HostPool(int per_host, size_t most_bytes) : per_host_(per_host), most_bytes_(most_bytes) {}
    /// Those that are ready now, in place of those that were: of a model's first container, whose
    /// places are counted, and of those behind it.
    void Update(std::vector<std::shared_ptr<serving::HostLink>> links,
                std::vector<serving::ContainerRoute> further = {});
    /// At the host that has that share of the keys, or the next one while it is away; nullopt where
    /// it is full, somebody waits to have it alone, or there is none.
    [[nodiscard]] std::optional<Place> TryTake(const Want& want);
    /// Waits for a place; nullopt once closed. Who holds one must not wait for another: two might
    /// wait for each other.
    [[nodiscard]] std::optional<Place> Take(const Want& want);
    /// Ends all waiting. May be called twice.
    void Close();

  private:
    struct State {
        std::vector<std::shared_ptr<serving::HostLink>> links;
        serving::pipeline::Further further =
            std::make_shared<const std::vector<serving::ContainerRoute>>();
        std::map<const serving::HostLink*, int> taken;
        std::vector<size_t> waiting_alone;  ///< the shares of those that wait so
        size_t bytes = 0;                   ///< of all places
        bool bytes_short = false;           ///< somebody may wait for them
        bool closed = false;
    };
    [[nodiscard]] static const std::shared_ptr<serving::HostLink>* HostOf(size_t share,
                                                                          const State& state);
    [[nodiscard]] std::optional<Place> PlaceFor(const Want& want, State& state);
    void GiveBack(const serving::HostLink* link, int places, size_t bytes);

    const int per_host_;
    const size_t most_bytes_;
    core::Guarded<State> state_;
};

}  // namespace gyre::transform
