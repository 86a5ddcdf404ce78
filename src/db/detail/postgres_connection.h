#pragma once

#include <libpq-fe.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "db/database.h"

namespace gyre::db::detail {

/// What all announcements go through; Announce's own channel is within the message.
inline constexpr auto kNotifyChannel = "gyre";

struct CloseConnection {
    void operator()(PGconn* handle) const { PQfinish(handle); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;

/// A connection to `where`, a URI or libpq's keywords. A peer that is gone without a word is given
/// up within half a minute. Errors: kUnavailable when nobody answers, kInvalidArgument for `where`.
[[nodiscard]] core::Result<ConnectionHandle> ConnectTo(const std::string& where);
/// The host and the name of the database, without secrets.
[[nodiscard]] std::string NameOf(const PGconn* handle);

/// One connection with its prepared statements. Not thread-safe.
class PostgresConnection final : public Transaction {
  public:
    enum class Use { kWrite, kRead };

    /// `sender` marks what this program announces.
    [[nodiscard]] static core::Result<std::unique_ptr<PostgresConnection>> Open(
        const std::string& where, std::string sender);

    [[nodiscard]] core::Result<int64_t> Execute(std::string_view sql,
                                                const Parameters& parameters) override;
    [[nodiscard]] core::Result<std::vector<Row>> Query(std::string_view sql,
                                                       const Parameters& parameters) override;
    [[nodiscard]] core::Status Announce(std::string_view channel,
                                        std::string_view message) override;
    /// Several statements of a schema, without parameters, not kept.
    [[nodiscard]] core::Status RunScript(const std::string& sql);
    /// Writers come one at a time, of all programs over the database.
    [[nodiscard]] core::Status InTransaction(Use use,
                                             const std::function<core::Status(Transaction&)>& work);
    /// False once the connection has broken.
    [[nodiscard]] bool Usable() const;
    [[nodiscard]] std::string Name() const { return NameOf(handle_.get()); }

  private:
    struct Clear {
        void operator()(PGresult* result) const { PQclear(result); }
    };
    using Answer = std::unique_ptr<PGresult, Clear>;

    PostgresConnection(ConnectionHandle handle, std::string sender)
        : handle_(std::move(handle)), sender_(std::move(sender)) {}
    [[nodiscard]] core::Result<std::string> Prepare(std::string_view sql,
                                                    const Parameters& parameters);
    [[nodiscard]] core::Result<Answer> Run(std::string_view sql, const Parameters& parameters);
    /// One without parameters or rows of interest.
    [[nodiscard]] core::Status Command(const char* sql);
    [[nodiscard]] core::Error ErrorOf(const PGresult* result, std::string_view doing) const;

    ConnectionHandle handle_;
    const std::string sender_;
    std::map<std::string, std::string> statements_;  ///< names by text and parameters' types
};

}  // namespace gyre::db::detail
