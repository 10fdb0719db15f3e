//! Pods and the templates of Pods, wherever they stand.
