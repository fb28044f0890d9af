//go:build unix && goexperiment.jsonv2

package main

import "encoding/json/jsontext"

// checker names what isJSON checks with.
const checker = "jsontext.Value.IsValid"

func isJSON(line []byte) bool { return jsontext.Value(line).IsValid() }
