"""The drivers, one folder a part and one module a driver; the modules beside them are shared."""
