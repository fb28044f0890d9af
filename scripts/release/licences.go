package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// target matches a row of the targets in .goreleaser.yaml, such as "- linux_arm_7".
var target = regexp.MustCompile(`(?m)^ +- (linux|darwin|windows|freebsd)_([a-z0-9]+)(_\S+)?$`)

// licence matches the names of files that must accompany a binary.
var licence = regexp.MustCompile(`(?i)^(LICEN[CS]E|COPYING|NOTICE|PATENTS)([.-].*)?$`)

// notices returns the licences of everything that is linked into the binary of any
// target. A module without a licence is an error.
func notices() ([]byte, error) {
	root, err := run(nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	goRoot := strings.TrimSpace(string(root))
	files, err := licencesAt(goRoot)
	if err != nil {
		return nil, err
	}
	out := bytes.NewBufferString("restail contains the software below. Its own licence is in LICENSE.\n")
	if err := notice(out, "The Go programming language and its standard library", files); err != nil {
		return nil, err
	}
	linked, err := linkedModules()
	if err != nil {
		return nil, err
	}
	for _, module := range slices.Sorted(maps.Keys(linked)) {
		if err := notice(out, module, slices.Compact(slices.Sorted(slices.Values(linked[module])))); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// notice appends the texts of licence files.
func notice(out *bytes.Buffer, of string, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("%s has no licence file", of)
	}
	fmt.Fprintf(out, "\n%s\n%s\n", strings.Repeat("=", 78), of)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return fmt.Errorf("%s is empty", name)
		}
		fmt.Fprintf(out, "%s\n\n%s\n", strings.Repeat("-", 78), bytes.TrimSpace(text))
	}
	return nil
}

// linkedModules returns the licence files of each module, as path@version, that a
// target's binary has packages of.
func linkedModules() (map[string][]string, error) {
	config, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		return nil, err
	}
	targets := target.FindAllSubmatch(config, -1)
	if len(targets) == 0 {
		return nil, errors.New("no targets in .goreleaser.yaml")
	}
	const format = "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"
	linked := map[string][]string{}
	for _, t := range targets {
		environ := []string{"GOOS=" + string(t[1]), "GOARCH=" + string(t[2]), "CGO_ENABLED=0"}
		list, err := run(environ, "list", "-deps", "-f", format, ".")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(list)) {
			fields := strings.Split(strings.TrimSpace(line), "\t")
			if len(fields) != 3 {
				continue // the standard library and restail
			}
			module, top, dir := fields[0], fields[1], fields[2]
			for ; ; dir = filepath.Dir(dir) {
				files, err := licencesAt(dir)
				if err != nil {
					return nil, err
				}
				linked[module] = append(linked[module], files...)
				if dir == top {
					break
				}
			}
		}
	}
	return linked, nil
}

// licencesAt returns the licence files of a folder.
func licencesAt(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() && licence.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}
