package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// component is a module in CycloneDX's terms.
type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sbom returns a CycloneDX bill of materials, from what go version -m reads in a
// binary. It has no time and no serial number, so that it is the same for the same
// binary.
func sbom(binary string) ([]byte, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	restail := newComponent("application", &info.Main)
	for _, s := range info.Settings {
		if slices.Contains([]string{"GOOS", "GOARCH", "GOARM", "CGO_ENABLED", "vcs.revision", "vcs.time", "vcs.modified"}, s.Key) {
			restail.Properties = append(restail.Properties, property{"go:build:" + s.Key, s.Value})
		}
	}
	components := []component{newComponent("library", &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")})}
	for _, m := range info.Deps {
		for m.Replace != nil {
			m = m.Replace
		}
		components = append(components, newComponent("library", m))
	}
	refs := []string{}
	for _, c := range components {
		refs = append(refs, c.Ref)
	}
	return json.MarshalIndent(map[string]any{
		"$schema":      "http://cyclonedx.org/schema/bom-1.6.schema.json",
		"bomFormat":    "CycloneDX",
		"specVersion":  "1.6",
		"version":      1,
		"metadata":     map[string]any{"component": restail},
		"components":   components,
		"dependencies": []any{map[string]any{"ref": restail.Ref, "dependsOn": refs}},
	}, "", "  ")
}

func newComponent(kind string, m *debug.Module) component {
	purl := fmt.Sprintf("pkg:golang/%s@%s", m.Path, url.QueryEscape(m.Version))
	c := component{Type: kind, Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
	if m.Sum != "" {
		c.Properties = []property{{"go:sum", m.Sum}}
	}
	return c
}
