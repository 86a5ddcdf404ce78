#include "transform/plan.h"

#include <fstream>

#include "core/file_system.h"
#include "core/json.h"
#include "transform/manifest.h"
#include "transform/output_names.h"
#include "transform/record_reader.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using core::Status;

constexpr size_t kMostManifest = 64 << 20;
constexpr size_t kLongestLine = 1 << 20;
constexpr int kPage = 1000;
constexpr auto kUnreadable = "the job's plan cannot be read";

class PlanWriter {
  public:
    PlanWriter(core::WritableFile& file, const TransformSpec& spec) : file_(file), spec_(spec) {}

    Status Add(const objects::ObjectInfo& object, std::string_view part) {
        pending_ += core::JsonText(core::JsonObject{{"bucket", object.bucket},
                                                    {"key", object.key},
                                                    {"output", OutputKey(spec_.output.key, part)},
                                                    {"size", object.size},
                                                    {"etag", object.etag}});
        pending_ += '\n';
        return pending_.size() < kLongestLine ? Status() : Flush();
    }
    Status Flush() {
        GYRE_TRY(file_.Append(pending_));
        pending_.clear();
        return {};
    }

  private:
    core::WritableFile& file_;
    const TransformSpec& spec_;
    std::string pending_;
};

Status AddPrefix(const TransformSpec& spec, objects::ObjectStore& store, PlanWriter& plan,
                 const core::CancelToken& cancel) {
    std::string after;
    while (true) {
        if (cancel.Cancelled()) return Fail(Code::kCancelled, "the job stops");
        GYRE_ASSIGN(const auto page, store.List(spec.input.bucket, spec.input.key, after, kPage));
        for (const objects::ObjectInfo& object : page) {
            // What consoles make to show a folder.
            if (object.key.ends_with('/') && object.size == 0) continue;
            GYRE_TRY(plan.Add(object, PartUnderPrefix(object.key, spec.input.key)));
        }
        if (page.size() < kPage) return {};
        after = page.back().key;
    }
}

Status AddEntry(const ManifestEntry& entry, objects::ObjectStore& store, PlanWriter& plan) {
    auto object = store.Head(entry.object.bucket, entry.object.key);
    if (!object) {
        return Fail(
            std::move(object.error()).In("s3://" + entry.object.bucket + "/" + entry.object.key));
    }
    return plan.Add(*object, entry.part);
}

Result<std::string> ReadAll(net::BodyReader& body, size_t most) {
    std::string text;
    std::string piece(64 << 10, '\0');
    while (true) {
        GYRE_ASSIGN(const size_t read, body.Read(piece));
        if (read == 0) return text;
        text.append(piece, 0, read);
        if (text.size() > most) {
            return Fail(Code::kInvalidArgument,
                        "the manifest is larger than " + std::to_string(most >> 20) + " MB");
        }
    }
}

Status AddManifest(const TransformSpec& spec, objects::ObjectStore& store, PlanWriter& plan,
                   const core::CancelToken& cancel) {
    GYRE_ASSIGN(const objects::ObjectData manifest, store.Get(spec.input.bucket, spec.input.key));
    if (spec.input_kind == InputKind::kManifest) {
        GYRE_ASSIGN(const std::string text, ReadAll(*manifest.body, kMostManifest));
        GYRE_ASSIGN(const auto entries, ParseManifest(text));
        for (const ManifestEntry& entry : entries) {
            if (cancel.Cancelled()) return Fail(Code::kCancelled, "the job stops");
            GYRE_TRY(AddEntry(entry, store, plan));
        }
        return {};
    }
    RecordReader lines(*manifest.body, SplitType::kLine, kLongestLine,
                       "a line of it is longer than 1 MB");
    while (true) {
        if (cancel.Cancelled()) return Fail(Code::kCancelled, "the job stops");
        GYRE_ASSIGN(const auto line, lines.Next());
        if (!line) return {};
        GYRE_ASSIGN(const ManifestEntry entry, ParseAugmentedLine(*line));
        GYRE_TRY(AddEntry(entry, store, plan));
    }
}

Status Make(const TransformSpec& spec, objects::ObjectStore& store,
            const std::filesystem::path& folder, const core::CancelToken& cancel) {
    core::FileSystem& files = core::RealFileSystem();
    GYRE_TRY(files.MakeDirectories(folder));
    const auto made = folder / "plan.new";
    {
        GYRE_ASSIGN(const auto file, files.Create(made));
        PlanWriter plan(*file, spec);
        Status listed = spec.input_kind == InputKind::kPrefix
                            ? AddPrefix(spec, store, plan, cancel)
                            : AddManifest(spec, store, plan, cancel);
        if (!listed) {
            const char* what =
                spec.input_kind == InputKind::kPrefix ? "the input " : "the manifest ";
            return Fail(std::move(listed.error())
                            .In(what + ("s3://" + spec.input.bucket) + "/" + spec.input.key));
        }
        GYRE_TRY(plan.Flush());
        GYRE_TRY(file->Sync());
    }
    GYRE_TRY(files.Rename(made, folder / "plan"));
    return files.SyncDirectory(folder);
}

Result<PlannedObject> ReadLine(const std::string& line) {
    GYRE_ASSIGN(const core::Json json, core::ParseJson(line));
    const auto text = [&](std::string_view member) { return core::JsonStringOr(json, member); };
    PlannedObject object;
    object.input = {text("bucket"), text("key")};
    object.output_key = text("output");
    object.size = static_cast<uint64_t>(core::JsonInt(json, "size").value_or(0));
    object.etag = text("etag");
    return object;
}

}  // namespace

struct Plan::Lines {
    std::ifstream file;
    uint64_t next = 0;
};

Result<std::unique_ptr<Plan>> Plan::Open(const TransformSpec& spec, objects::ObjectStore& store,
                                         const std::filesystem::path& folder,
                                         const core::CancelToken& cancel) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "plan", ignored)) {
        GYRE_TRY(Make(spec, store, folder, cancel));
    }
    std::unique_ptr<Plan> plan(new Plan(folder / "plan"));
    const auto rewind = [&] {
        auto shares = plan->shares_.Lock();
        shares->clear();
        for (int i = 0; i < spec.instances; i++) {
            shares->push_back(std::make_shared<Lines>());
            shares->back()->file.open(plan->file_);
        }
    };
    rewind();
    for (int share = 0; share < spec.instances; share++) {
        while (true) {
            GYRE_ASSIGN(const auto object, plan->Next(static_cast<size_t>(share)));
            if (!object) break;
            plan->objects_++;
            plan->bytes_ += object->size;
            plan->largest_ = std::max(plan->largest_, object->size);
        }
    }
    rewind();
    return plan;
}

Result<std::optional<PlannedObject>> Plan::Next(size_t share) {
    auto shares = shares_.Lock();
    Lines& lines = *(*shares)[share];
    std::string line;
    while (std::getline(lines.file, line)) {
        GYRE_ASSIGN(PlannedObject object, ReadLine(line));
        object.index = lines.next++;
        object.share = ShareOf(object.input.key, shares->size());
        if (object.share == share) return object;
    }
    if (lines.file.eof()) return std::optional<PlannedObject>();
    return Fail(Code::kDataLoss, kUnreadable);
}

Status Plan::ForEach(const std::function<Status(const PlannedObject&)>& use) const {
    std::ifstream file(file_);
    std::string line;
    for (uint64_t index = 0; std::getline(file, line); index++) {
        GYRE_ASSIGN(PlannedObject object, ReadLine(line));
        object.index = index;
        GYRE_TRY(use(object));
    }
    return file.eof() ? Status() : Fail(Code::kDataLoss, kUnreadable);
}

size_t ShareOf(std::string_view key, size_t shares) {
    // FNV-1a, whose bits keys that differ in a digit leave as they are, and MurmurHash3's finish,
    // which spreads them over all.
    uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (const char c : key) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100'0000'01b3;
    }
    hash ^= hash >> 33;
    hash *= 0xff51'afd7'ed55'8ccd;
    hash ^= hash >> 33;
    hash *= 0xc4ce'b9fe'1a85'ec53;
    hash ^= hash >> 33;
    return static_cast<size_t>(hash % shares);
}

}  // namespace gyre::transform
