#pragma once

#include "core/faulty_file_system.h"
#include "db/database.h"

namespace gyre::objects {

/// For tests: a database on the same machine as a FaultyFileSystem. Before and after each write it
/// asks that file system for a change, so that faults planned there by number fall on commits too:
/// one before it undoes the commit, one after it hides that there was one.
class FaultyDatabase final : public db::Database {
  public:
    FaultyDatabase(db::Database& inner, core::FaultyFileSystem& files)
        : inner_(inner), files_(files) {}

    core::Status Write(const std::function<core::Status(db::Transaction&)>& work) override {
        GYRE_TRY(Tick());
        GYRE_TRY(inner_.Write(work));
        return Tick();
    }
    core::Status Read(const std::function<core::Status(db::Transaction&)>& work) override {
        if (files_.Crashed()) return core::Fail(core::Code::kUnavailable, "crashed (test)");
        return inner_.Read(work);
    }
    core::Status Migrate(std::string_view room,
                         const std::vector<db::Migration>& migrations) override {
        return inner_.Migrate(room, migrations);
    }
    core::Status CheckIntegrity() override { return inner_.CheckIntegrity(); }

  private:
    [[nodiscard]] core::Status Tick() {
        core::Status asked = files_.Remove("/no/such/file");
        if (!asked && asked.error().code != core::Code::kNotFound) return asked;
        return {};
    }

    db::Database& inner_;
    core::FaultyFileSystem& files_;
};

}  // namespace gyre::objects
