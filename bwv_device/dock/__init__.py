"""The dock client: pushes every recording to a content destination, frees a clip only on proof.

Who uses it: the agent, through `worker.DockWorker` and `push.push_all`.
"""
