"""What stands on the platform that the console's tests look at."""

import io

CLASSIFIER = '''
import io, json
from PIL import Image, ImageStat

def model_fn(model_dir):
    print("the classifier is loaded")

def transform_fn(model, body, content_type, accept):
    if content_type == "application/json":
        return body, "application/json"
    print("a picture of", len(body), "bytes")
    red, green, blue = ImageStat.Stat(Image.open(io.BytesIO(body)).convert("RGB")).mean
    total = red + green + blue
    scores = {"red": red / total, "green": green / total, "blue": blue / total}
    return json.dumps(scores), "application/json"
'''

ANN = {"Version": "2012-10-17", "Statement": [
    {"Sid": "ReadPictures", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject", "s3:ListAllMyBuckets"],
     "Resource": "*"},
    {"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::pictures/secret/*"}]}


def picture(size=(64, 48), colour=(20, 60, 220)) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()
