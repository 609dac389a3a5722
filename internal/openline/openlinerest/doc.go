// Package openlinerest is the wire side of open channels: imopenlines.*.
// Pages: api-reference/imopenlines/openlines/index.md.
package openlinerest
