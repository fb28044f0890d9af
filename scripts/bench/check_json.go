//go:build unix && !goexperiment.jsonv2

package main

import "encoding/json"

// checker names what isJSON checks with. The script builds this program once
// more with GOEXPERIMENT=jsonv2, which has a faster one.
const checker = "encoding/json.Valid"

func isJSON(line []byte) bool { return json.Valid(line) }
