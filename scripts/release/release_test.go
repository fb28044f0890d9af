package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestNotices reads the modules from a binary, as a user would, and finds the licence
// of each in the notices. Nobody but the Go distribution is missing.
func TestNotices(t *testing.T) {
	linked, err := linkedModules()
	if err != nil {
		t.Fatal(err)
	}
	_, info := built(t)
	for _, m := range info.Deps {
		if len(linked[m.Path+"@"+m.Version]) == 0 {
			t.Errorf("no licence of %s %s", m.Path, m.Version)
		}
	}
	var out bytes.Buffer
	for module, files := range linked {
		if err := notice(&out, module, files); err != nil {
			t.Error(err)
		}
		if !strings.Contains(out.String(), module) {
			t.Errorf("the notice of %s does not name it", module)
		}
	}
	if text := out.String(); !strings.Contains(text, "Permission is hereby granted") || !strings.Contains(text, "Redistribution and use in source") {
		t.Error("the notices have no licence's text")
	}
}

// TestMissingLicence: a module without a licence, or with an empty one, blocks a release.
func TestMissingLicence(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "licence.go"), "package licence")
	write(t, filepath.Join(dir, "README"), "MIT")
	files, err := licencesAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := notice(new(bytes.Buffer), "example.org/m@v1", files); err == nil || !strings.Contains(err.Error(), "example.org/m@v1 has no licence file") {
		t.Errorf("without a licence: %v", err)
	}
	empty := filepath.Join(dir, "LICENSE-MIT.txt")
	write(t, empty, "\n")
	if files, err = licencesAt(dir); err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	if err := notice(new(bytes.Buffer), "example.org/m@v1", files); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("with an empty licence: %v", err)
	}
}

// TestNotes has versions and what CHANGELOG.md says about them.
func TestNotes(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "CHANGELOG.md", "# Changes\n\n## Unreleased\n\n- x\n\n## 1.2.3 - 2026-12-24\n\n- new:\n  much\n\n## 1.2.2 - soon\n\n- y\n\n## 1.2.1 - 2026-12-01\n\n## 1.2.0-rc.1 - 2026-11-01\n\n- z\n")
	for version, want := range map[string]string{
		"1.2.3":      "- new:\n  much\n",
		"1.2.0-rc.1": "- z\n",
		"1.2.2":      "needs a text and a date",
		"1.2.1":      "needs a text and a date",
		"1.2":        "invalid version",
		"v1.2.3":     "invalid version",
		"01.2.3":     "invalid version",
		"1.2.3/../x": "invalid version",
		"1.2.3+meta": "invalid version",
		"1.2.4":      `no section of CHANGELOG.md is headed "## 1.2.4"`,
		"Unreleased": "invalid version",
	} {
		got, err := notes(version)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q: %q, not %q", version, got, want)
		}
	}
	if err := start([]string{"prepare", "1.2.4"}); err == nil || !strings.Contains(err.Error(), "no section") {
		t.Errorf("prepare: %v", err)
	}
}

// TestSBOM finds every module of a binary in its list, with a version.
func TestSBOM(t *testing.T) {
	binary, info := built(t)
	list, err := sbom(binary)
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
	}
	if err := json.Unmarshal(list, &bom); err != nil {
		t.Fatal(err)
	}
	if c := bom.Metadata.Component; bom.BOMFormat != "CycloneDX" || bom.SpecVersion != "1.6" || c.Name != "github.com/restail/restail" || c.Type != "application" {
		t.Errorf("%s %s of %+v", bom.BOMFormat, bom.SpecVersion, c)
	}
	listed := map[string]bool{}
	for _, c := range bom.Components {
		listed[c.Name+" "+c.Version] = true
		if !regexp.MustCompile(`^pkg:golang/[^@]+@[^@+()]+$`).MatchString(c.PURL) {
			t.Errorf("%s has the package URL %s", c.Name, c.PURL)
		}
	}
	for _, m := range append(info.Deps, &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}) {
		if !listed[m.Path+" "+m.Version] {
			t.Errorf("%s %s is not listed", m.Path, m.Version)
		}
	}
}

// TestConfig checks what can be checked of .goreleaser.yaml without goreleaser: its
// files are there, and prepare writes the others. With goreleaser it is parsed.
func TestConfig(t *testing.T) {
	config, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("scripts/release/main.go")
	if err != nil {
		t.Fatal(err)
	}
	sources := regexp.MustCompile(`(?m)^ +(?:- )?src: (\S+)$`).FindAllStringSubmatch(string(config), -1)
	if len(sources) < 15 {
		t.Errorf("only %d files are packed", len(sources))
	}
	for _, s := range sources {
		if name, ours := strings.CutPrefix(s[1], folder+"/"); ours {
			if !bytes.Contains(source, []byte(`"`+name+`"`)) {
				t.Errorf("nothing writes %s", s[1])
			}
		} else if found, err := filepath.Glob(s[1]); err != nil || len(found) == 0 {
			t.Errorf("there is no %s", s[1])
		}
	}
	if n := len(target.FindAll(config, -1)); n != 8 {
		t.Errorf("%d targets", n)
	}
	goreleaser, err := exec.LookPath("goreleaser")
	if err != nil {
		t.Skip("goreleaser is not installed")
	}
	if out, err := exec.Command(goreleaser, "check").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// built builds restail and reads what it consists of.
func built(t *testing.T) (binary string, info *debug.BuildInfo) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "restail.exe")
	if _, err := run([]string{"CGO_ENABLED=0"}, "build", "-o", binary, "."); err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil || len(info.Deps) < 8 {
		t.Fatalf("%+v, %v", info, err)
	}
	return binary, info
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
