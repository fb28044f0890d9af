package cmd

import "github.com/restail/restail/cmd/docs"

// manCommand prints the manual page.
type manCommand struct{}

// Run writes the page: what the grammar knows, then the topics and examples.
func (c *manCommand) Run(r *run) error {
	model, err := r.model()
	if err != nil {
		return err
	}
	var sections []docs.Section
	for _, t := range topics {
		sections = append(sections, t.section())
	}
	return writeError(docs.Man(r.Stdout, model, append(sections,
		docs.Section{Title: "Examples", Items: examples},
		docs.Section{Title: "See also", Text: "`jq`(1), whose language the filters are written in; `tail`(1), `journalctl`(1)"},
	)...))
}
