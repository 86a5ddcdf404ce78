#include "objects/detail/s3_action_groups.h"
#include "objects/detail/s3_members.h"

namespace gyre::objects::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

// Its buckets have no LocationConstraint, and making one's own bucket again is no error there.
constexpr std::string_view kFirstRegion = "us-east-1";

Result<Json> CreateBucket(LocalStore& store, const CallContext& context, const Json& input) {
    const std::string bucket = Text(input, "Bucket");
    std::string region = context.region;
    if (const Json* configuration = core::JsonFind(input, "CreateBucketConfiguration")) {
        const std::string asked = Text(*configuration, "LocationConstraint");
        if (!asked.empty()) region = asked;
    }
    const core::Status created = store.CreateBucketIn(bucket, region);
    if (!created &&
        !(created.error().code == core::Code::kAlreadyExists && region == kFirstRegion)) {
        return core::Fail(created.error());
    }
    return JsonObject{{"Location", "/" + bucket}};
}

Result<Json> HeadBucket(LocalStore& store, const Json& input) {
    GYRE_ASSIGN(const Bucket bucket, store.HeadBucket(Text(input, "Bucket")));
    return JsonObject{{"BucketRegion", bucket.region}};
}

Result<Json> ListBuckets(LocalStore& store, const CallContext& context, const Json& input) {
    GYRE_ASSIGN(const auto buckets, store.ListBuckets());
    const std::string prefix = Text(input, "Prefix");
    const std::string after = Text(input, "ContinuationToken");
    const std::string region = Text(input, "BucketRegion");
    const auto limit = core::JsonInt(input, "MaxBuckets");
    core::JsonArray listed;
    std::string last;
    std::string next;
    for (const Bucket& bucket : buckets) {
        if (!bucket.name.starts_with(prefix) || bucket.name <= after) continue;
        if (!region.empty() && bucket.region != region) continue;
        if (limit && static_cast<int64_t>(listed.size()) == *limit) {
            next = last;
            break;
        }
        JsonObject one{{"Name", bucket.name},
                       {"CreationDate", core::EpochSeconds(bucket.created)},
                       {"BucketRegion", bucket.region}};
        listed.emplace_back(std::move(one));
        last = bucket.name;
    }
    JsonObject output{{"Buckets", std::move(listed)},
                      {"Owner", JsonObject{{"ID", context.caller.account}}}};
    if (!prefix.empty()) output["Prefix"] = prefix;
    if (!next.empty()) output["ContinuationToken"] = next;
    return output;
}

Result<Json> GetBucketLocation(LocalStore& store, const Json& input) {
    GYRE_ASSIGN(const Bucket bucket, store.HeadBucket(Text(input, "Bucket")));
    if (bucket.region == kFirstRegion) return JsonObject();
    return JsonObject{{"LocationConstraint", bucket.region}};
}

Result<Json> DeleteBucket(LocalStore& store, const Json& input) {
    GYRE_TRY(store.DeleteBucket(Text(input, "Bucket")));
    return JsonObject();
}

}  // namespace

void AddBucketActions(wire::ActionTable& table, LocalStore& store) {
    const auto add = [&](const char* operation, const char* permission,
                         Result<Json> (*handler)(LocalStore&, const Json&)) {
        table.Add(
            {.service = "s3",
             .operation = operation,
             .permission = permission,
             .resource = BucketResource,
             .document = [&store, handler](const CallContext& context, Json input) -> Result<Json> {
                 GYRE_TRY(CheckOwner(context, input));
                 return handler(store, input);
             }});
    };
    add("HeadBucket", "s3:ListBucket", HeadBucket);
    add("GetBucketLocation", "s3:GetBucketLocation", GetBucketLocation);
    add("DeleteBucket", "s3:DeleteBucket", DeleteBucket);
    table.Add({.service = "s3",
               .operation = "CreateBucket",
               .permission = "s3:CreateBucket",
               .resource = BucketResource,
               .document = [&store](const CallContext& context, Json input) {
                   return CreateBucket(store, context, input);
               }});
    table.Add({.service = "s3",
               .operation = "ListBuckets",
               .permission = "s3:ListAllMyBuckets",
               .document = [&store](const CallContext& context, Json input) {
                   return ListBuckets(store, context, input);
               }});
}

}  // namespace gyre::objects::detail
