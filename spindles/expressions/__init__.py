"""The two small languages of steps: templates `${{ path }}` and conditions in CEL. Pure."""
