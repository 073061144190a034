variable "policy" {
  type = string
}

resource "aws_kms_key" "this" {
  policy = var.policy
}

resource "aws_kms_key" "second" {
  policy = var.policy
}

output "second_arn" {
  value = aws_kms_key.second.arn
}
