#include "db/test_databases.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "core/process.h"
#include "core/temp_dir.h"

namespace gyre::db {
namespace {

using core::seconds;

/// Where Debian has the programs of the newest version; "" where there are none.
std::filesystem::path Programs() {
    std::filesystem::path newest;
    std::error_code absent;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", absent)) {
        const auto programs = version.path() / "bin";
        if (std::filesystem::exists(programs / "initdb") && programs > newest) newest = programs;
    }
    return newest;
}

/// PostgreSQL refuses to run as root.
class Server {
  public:
    explicit Server(const std::filesystem::path& programs) {
        if (geteuid() == 0) {
            const passwd* nobody = getpwnam("nobody");
            GYRE_CHECK(nobody != nullptr);
            GYRE_CHECK(chown(folder_.Path().c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
        }
        const std::string data = folder_.Path() / "data";
        auto made =
            Start({programs / "initdb", "-D", data, "-U", "gyre", "-A", "trust", "-E", "UTF8",
                   "--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"});
        const auto ended = made->Wait(std::chrono::steady_clock::now() + seconds(60));
        GYRE_CHECK(ended && ended->Success());
        server_ = Start({programs / "postgres", "-D", data, "-k", folder_.Path(), "-c",
                         "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"});
        const auto deadline = std::chrono::steady_clock::now() + seconds(300);
        while (PQping(Where("postgres").c_str()) != PQPING_OK) {
            GYRE_CHECK(std::chrono::steady_clock::now() < deadline);
            std::this_thread::sleep_for(core::milliseconds(20));
        }
    }

    std::string Where(const std::string& database) const {
        return "host=" + folder_.Path().string() + " user=gyre dbname=" + database;
    }

    void Ask(const std::string& sql) {
        PGconn* const connection = PQconnectdb(Where("postgres").c_str());
        PGresult* const answer = PQexec(connection, sql.c_str());
        const ExecStatusType status = PQresultStatus(answer);
        PQclear(answer);
        PQfinish(connection);
        GYRE_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
    }

    std::string NewName() { return "t" + std::to_string(++made_); }

  private:
    static std::unique_ptr<core::ChildProcess> Start(std::vector<std::string> command) {
        if (geteuid() == 0) {
            // A change of user forgets whose end is the program's own.
            const std::vector<std::string> as_nobody = {"setpriv", "--reuid=nobody",
                                                        "--regid=nogroup", "--clear-groups",
                                                        "--pdeathsig=KILL"};
            command.insert(command.begin(), as_nobody.begin(), as_nobody.end());
        }
        auto started = core::ChildProcess::Start(
            {.command = std::move(command), .on_line = [](std::string_view, bool) {}});
        GYRE_CHECK(started.has_value());
        return std::move(*started);
    }

    core::TempDir folder_;
    std::unique_ptr<core::ChildProcess> server_;
    int made_ = 0;
};

Server* TheServer() {
    static const std::unique_ptr<Server> kServer =
        Programs().empty() ? nullptr : std::make_unique<Server>(Programs());
    return kServer.get();
}

}  // namespace

TestDatabase NewSqlite() {
    const auto folder = std::make_shared<core::TempDir>();
    return {"SQLite", [folder] { return Database::Open(folder->Path() / "a.db").value(); }, ""};
}

std::vector<TestDatabase> NewPostgres() {
    Server* const server = TheServer();
    if (server == nullptr) return {};
    const std::string name = server->NewName();
    server->Ask("CREATE DATABASE " + name);
    const std::string where = server->Where(name);
    return {{"PostgreSQL", [where] { return Database::Connect(where).value(); }, where}};
}

std::vector<TestDatabase> EachDatabase() {
    std::vector<TestDatabase> each = NewPostgres();
    each.insert(each.begin(), NewSqlite());
    return each;
}

void CutConnections(const TestDatabase& database) {
    const std::string name = database.where.substr(database.where.rfind('=') + 1);
    TheServer()->Ask(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE datname = '" +
        name + "'");
}

}  // namespace gyre::db
