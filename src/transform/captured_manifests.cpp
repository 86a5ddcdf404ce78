#include "transform/captured_manifests.h"

#include "core/json.h"
#include "transform/spool.h"

namespace gyre::transform {
namespace {

using core::Status;

// "a/b/" of "a/b/c".
std::string FolderOf(const std::string& key) {
    return key.substr(0, key.rfind('/') + 1);
}

std::string HourOf(core::WallTime time) {
    const std::string iso = core::Iso8601(time);  // 2026-11-24T12:30:36.093Z
    return iso.substr(0, 4) + "/" + iso.substr(5, 2) + "/" + iso.substr(8, 2) + "/" +
           iso.substr(11, 2) + "/";
}

/// The manifests of one side, one after another.
class Manifests {
  public:
    /// `place`: a manifest's key without its number and ending.
    Manifests(objects::ObjectStore& store, std::filesystem::path file, objects::S3Uri place)
        : store_(store), file_(std::move(file)), place_(std::move(place)) {}

    /// `folder` is left out of the manifest's own keys where `key` is below it.
    Status Add(const std::string& bucket, const std::string& key, const std::string& folder) {
        if (!spool_ || bucket != bucket_) {
            GYRE_TRY(Finish());
            bucket_ = bucket;
            folder_ = folder;
            spool_.emplace(file_);
            const core::Json head = core::JsonObject{{"prefix", "s3://" + bucket + "/" + folder}};
            GYRE_TRY(spool_->Append("[" + core::JsonText(head)));
        }
        const std::string_view rest =
            std::string_view(key).substr(key.starts_with(folder_) ? folder_.size() : 0);
        return spool_->Append(",\n" + core::JsonText(core::Json(std::string(rest))));
    }

    Status Finish() {
        if (!spool_) return {};
        GYRE_TRY(spool_->Append("]\n"));
        GYRE_ASSIGN(const auto body, spool_->Read());
        const std::string key = place_.key + std::to_string(count_++) + ".json";
        GYRE_TRY(store_.Put(place_.bucket, key, *body, "application/json"));
        spool_->Discard();
        spool_.reset();
        return {};
    }

  private:
    objects::ObjectStore& store_;
    const std::filesystem::path file_;
    const objects::S3Uri place_;
    std::optional<Spool> spool_;
    std::string bucket_;
    std::string folder_;
    int count_ = 0;
};

}  // namespace

Status PutCaptured(const TransformSpec& spec, const Plan& plan, const Journal& journal,
                   objects::ObjectStore& store, const std::filesystem::path& folder,
                   core::WallTime now) {
    const objects::S3Uri& to = spec.capture->destination;
    const std::string base = to.key.empty() || to.key.ends_with('/') ? to.key : to.key + "/";
    const auto manifests = [&](const std::string& side) {
        return Manifests(store, folder / ("captured-" + side),
                         {to.bucket, base + side + "/" + HourOf(now) + spec.name + "-"});
    };
    Manifests inputs = manifests("input");
    Manifests outputs = manifests("output");
    const std::string in =
        spec.input_kind == InputKind::kPrefix ? FolderOf(spec.input.key) : std::string();
    const std::string out = spec.output.key.empty() || spec.output.key.ends_with('/')
                                ? spec.output.key
                                : spec.output.key + "/";
    GYRE_TRY(plan.ForEach([&](const PlannedObject& object) -> Status {
        if (journal.HasFailed(object.index)) return {};
        GYRE_TRY(inputs.Add(object.input.bucket, object.input.key, in));
        return outputs.Add(spec.output.bucket, object.output_key, out);
    }));
    GYRE_TRY(inputs.Finish());
    return outputs.Finish();
}

}  // namespace gyre::transform
