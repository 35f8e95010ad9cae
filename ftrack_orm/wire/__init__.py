"""ftrack's wire format: values as JSON, the operations of a request, and the replies of a response."""
