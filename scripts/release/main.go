// Command release writes what a release has beside its binaries. goreleaser runs it, as
// .goreleaser.yaml says.
//
//	release prepare VERSION    checks the version and writes what packages have
//	release sbom BINARY FILE   lists the modules in a binary
//	release notes VERSION      prints the version's section of CHANGELOG.md
//
// Run it in the folder of the module.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// folder is where prepare writes to, and where .goreleaser.yaml expects it.
const folder = "build"

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "prepare":
		return prepare(args[1])
	case len(args) == 2 && args[0] == "notes":
		text, err := notes(args[1])
		fmt.Print(text)
		return err
	case len(args) == 3 && args[0] == "sbom":
		list, err := sbom(args[1])
		if err != nil {
			return err
		}
		return os.WriteFile(args[2], list, 0o644)
	}
	return fmt.Errorf("unknown arguments %q: want prepare VERSION, sbom BINARY FILE or notes VERSION", args)
}

// prepare writes the manual page, the completions and the licence notices.
func prepare(version string) error {
	if !strings.HasSuffix(version, "-snapshot") {
		if _, err := notes(version); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	licences, err := notices()
	if err != nil {
		return err
	}
	texts := map[string][]byte{"THIRD_PARTY_LICENSES": licences}
	for name, args := range map[string][]string{
		"restail.1": {"man"}, "restail.bash": {"completion", "bash"}, "_restail": {"completion", "zsh"}, "restail.fish": {"completion", "fish"},
	} {
		if texts[name], err = run(nil, append([]string{"run", "."}, args...)...); err != nil {
			return err
		}
	}
	// Packages have the page compressed, without a time or a name.
	var compressed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression) // the level is valid
	w.Write(texts["restail.1"])                                    // a Buffer takes everything
	w.Close()
	texts["restail.1.gz"] = compressed.Bytes()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// versions matches a version as Go, Debian and file names all take it.
var versions = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)

// notes returns what CHANGELOG.md says about a version. Its section is headed
// "## 1.2.3 - 2026-12-24".
func notes(version string) (string, error) {
	if !versions.MatchString(version) {
		return "", fmt.Errorf("invalid version %q: want one such as 1.2.3 or 1.2.3-rc.1", version)
	}
	changes, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return "", err
	}
	for _, section := range strings.Split(string(changes), "\n## ")[1:] {
		heading, text, _ := strings.Cut(section, "\n")
		name, date, _ := strings.Cut(heading, " - ")
		if name != version {
			continue
		}
		text = strings.TrimSpace(text)
		if !regexp.MustCompile(`^\d{4}-\d\d-\d\d$`).MatchString(date) || text == "" {
			return "", fmt.Errorf(`the section of %s in CHANGELOG.md needs a text and a date: "## %[1]s - 2026-12-24"`, version)
		}
		return text + "\n", nil
	}
	return "", fmt.Errorf("no section of CHANGELOG.md is headed %q", "## "+version)
}

// run runs go and returns its stdout. What restail prints must not depend on whose
// home this is.
func run(environ []string, args ...string) ([]byte, error) {
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), "XDG_CONFIG_HOME="+os.DevNull)
	command.Env = append(command.Env, environ...)
	command.Stderr = os.Stderr
	stdout, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return stdout, nil
}
