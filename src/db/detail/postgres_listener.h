#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "db/detail/postgres_connection.h"

namespace gyre::db::detail {

/// Hears what other programs announce, over a connection and with a thread of its own. Connects
/// again, for ever, when the connection breaks. Thread-safe. The destructor joins.
class PostgresListener {
  public:
    using Listener = std::function<void(const std::optional<std::string>& message)>;

    /// `own`: the sender that is not listened to.
    [[nodiscard]] static core::Result<std::unique_ptr<PostgresListener>> Start(std::string where,
                                                                               std::string own);
    ~PostgresListener();

    /// See Database::Listen.
    [[nodiscard]] std::shared_ptr<void> Listen(std::string channel, Listener listener);

  private:
    struct Subscription {
        std::mutex calling;
        std::string channel;
        Listener listener;
    };

    PostgresListener(std::string where, std::string own, ConnectionHandle handle, int wake);
    [[nodiscard]] static core::Result<ConnectionHandle> Connect(const std::string& where);
    void Run();
    /// Until the connection breaks; false when this is to stop.
    [[nodiscard]] bool Hear();
    void Take(std::string_view payload);
    /// To the listeners of that channel; of all where none is given.
    void Tell(std::optional<std::string_view> channel, const std::optional<std::string>& message);
    /// True when this is to stop.
    [[nodiscard]] bool Pause();

    const std::string where_;
    const std::string own_;
    ConnectionHandle handle_;  // the thread's
    const int wake_;           // an eventfd: readable when this is to stop
    core::Guarded<std::vector<std::weak_ptr<Subscription>>> subscriptions_;
    std::thread thread_;
};

}  // namespace gyre::db::detail
