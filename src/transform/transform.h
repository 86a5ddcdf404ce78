#pragma once

#include <filesystem>
#include <memory>

#include "catalog/catalog.h"
#include "core/clock.h"
#include "core/result.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "objects/object_store.h"
#include "serving/serving.h"
#include "wire/action.h"

namespace gyre::transform {

/// What is pointed at outlives the Transform.
struct TransformOptions {
    catalog::Catalog* catalog = nullptr;
    objects::ObjectStore* objects = nullptr;
    serving::Serving* serving = nullptr;  ///< whose kind of model hosts the jobs run on
    const core::Clock* clock = nullptr;
    db::Database* database = nullptr;      ///< that the servers share
    jobs::Leases* leases = nullptr;        ///< null: no other server has this catalog
    std::filesystem::path data_directory;  ///< transform/ is made below it
    int controller_threads = 2;
};

/// Batch transform: SageMaker's transform jobs, from their actions to their hosts. Life cycle:
/// open, add the actions, Start(); Stop() leaves the jobs where they are, may be called twice; the
/// destructor stops. Stop it before `serving`.
class Transform {
  public:
    [[nodiscard]] static core::Result<std::unique_ptr<Transform>> Open(
        const TransformOptions& options);
    ~Transform();
    Transform(const Transform&) = delete;
    Transform& operator=(const Transform&) = delete;

    void AddActions(wire::ActionTable& table);
    [[nodiscard]] core::Status Start();
    void Stop();

  private:
    struct Impl;
    explicit Transform(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gyre::transform
