#pragma once

#include <optional>
#include <string_view>

namespace gyre::objects {

/// A canned access control list: whom, beside the owner, it lets read what it is on (and, of a
/// bucket, put objects into it). One account owns everything here, so the lists that give something
/// to the bucket's owner are kPrivate.
enum class Acl { kPrivate, kPublicRead, kPublicReadWrite, kAuthenticatedRead };

/// "private", "public-read", "public-read-write", "authenticated-read".
[[nodiscard]] std::string_view AclName(Acl acl);
/// The other way round; "bucket-owner-read" and "bucket-owner-full-control" too.
[[nodiscard]] std::optional<Acl> AclNamed(std::string_view name);

/// Who may own what is in a bucket, as PutBucketOwnershipControls says it. With the one account it
/// decides one thing: whether access control lists count.
enum class Ownership { kUnset, kObjectWriter, kBucketOwnerPreferred, kBucketOwnerEnforced };

/// "ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"; "" for kUnset.
[[nodiscard]] std::string_view OwnershipName(Ownership ownership);
/// kUnset for any other name.
[[nodiscard]] Ownership OwnershipNamed(std::string_view name);

/// Says of a request for s3:PutObjectAcl or s3:PutObjectTagging that the object is only being made,
/// beside the keys that the gate gives: who may put objects into a bucket by its list may choose
/// theirs.
constexpr std::string_view kMakesObject = "gyre:MakesObject";

/// What is set on a bucket that has to do with access control lists.
struct AclRules {
    Acl acl = Acl::kPrivate;  ///< its own
    Ownership ownership = Ownership::kUnset;
    bool block_public = false;   ///< none that is open to others is taken
    bool ignore_public = false;  ///< none that was taken counts

    /// Whether lists in it open anything to anybody.
    [[nodiscard]] bool Count() const {
        return ownership != Ownership::kBucketOwnerEnforced && !ignore_public;
    }
};

}  // namespace gyre::objects
