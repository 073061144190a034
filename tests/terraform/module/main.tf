provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "AKIAEXAMPLE"
  secret_key                  = "example"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
  statement {
    sid       = "AdminsOnly"
    effect    = "Deny"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalArn"
      values   = [aws_iam_role.admin.arn]
    }
  }
}

module "kms" {
  source = "./kms"
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_backup_vault" "new" {
  name        = "new"
  kms_key_arn = module.kms.second_arn
}

resource "aws_iam_role" "admin" {
  name               = "key-admin"
  assume_role_policy = "{}"
}
