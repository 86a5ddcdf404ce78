#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "access/identity_store.h"
#include "core/guarded.h"

namespace gyre::access {

/// When keys and roles were last used: noted in memory, and written out once a minute by a thread
/// of its own, so that a request never waits for it. A kill loses a minute at most.
struct IdentityStore::Uses {
    struct Noted {
        LastUse use;
        bool written = true;
    };
    struct Table {
        std::map<std::string, Noted> noted;
        bool stop = false;
    };
    static constexpr std::chrono::seconds kPause{60};

    void Fill(std::map<std::string, LastUse> uses) {
        auto table = table_.Lock();
        for (auto& [subject, use] : uses) table->noted[subject] = {std::move(use), true};
    }

    void Note(const std::string& subject, core::WallTime now, std::string_view service,
              std::string_view region) {
        auto table = table_.Lock();
        Noted& noted = table->noted[subject];
        // To the minute is near enough, and costs nothing where a key is busy.
        if (noted.use.at + kPause > now && noted.use.service == service) return;
        noted = {{now, std::string(service), std::string(region)}, false};
    }

    std::optional<LastUse> Find(const std::string& subject) const {
        auto table = table_.Lock();
        const auto found = table->noted.find(subject);
        if (found == table->noted.end()) return std::nullopt;
        return found->second.use;
    }

    /// What has to be written.
    std::map<std::string, LastUse> Take() {
        std::map<std::string, LastUse> changed;
        auto table = table_.Lock();
        for (auto& [subject, noted] : table->noted) {
            if (!noted.written) changed[subject] = noted.use;
            noted.written = true;
        }
        return changed;
    }

    void Start(std::function<void()> write) {
        thread_ = std::thread([this, write = std::move(write)] {
            bool stop = false;
            while (!stop) {
                {
                    auto table = table_.Lock();
                    stop = table.WaitUntil(std::chrono::steady_clock::now() + kPause,
                                           [&] { return table->stop; });
                }
                write();
            }
        });
    }
    void Stop() {
        table_.Lock()->stop = true;
        table_.NotifyAll();
        if (thread_.joinable()) thread_.join();
    }

  private:
    core::Guarded<Table> table_;
    std::thread thread_;
};

}  // namespace gyre::access
